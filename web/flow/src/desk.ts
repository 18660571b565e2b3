// The computer's page with the code: counts down, and follows what the phone does. Works without this, by refreshing.
const page = document.querySelector('[data-desk]') as HTMLElement
const left = document.querySelector('[data-left]')
let seconds = Number(left ? left.textContent : 0)
let [state, pieces] = [page.dataset.state || '', Number(page.dataset.pieces)]

if (left) setInterval(() => {
  seconds = Math.max(0, seconds - 1)
  left.textContent = String(seconds)
  if (seconds === 0 && state === 'fresh') location.reload()
}, 1000)

async function follow(): Promise<void> {
  try {
    const answer = await fetch(`/v/${page.dataset.desk}/state`, { credentials: 'same-origin' })
    const { verification, code } = await answer.json()
    const going = ['open', 'collecting', ...(state === 'fresh' ? ['needs_input'] : [])]
    if (!going.includes(verification.state)) return location.assign(`/v/${verification.id}`)
    if (code && (code.state !== state || verification.pieces.length !== pieces)) {
      location.assign(`/v/${verification.id}/desk?look=1`)
    }
  } catch (_) {
    // asked again in two seconds
  }
}
setInterval(follow, 2000)
