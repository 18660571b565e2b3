// A person in front of a simulated camera, inside the page: looks at what the page asks, as anybody would, and does it.
// `frozen`: the camera gives no more frames; `fault`: why it does not open, or `never`: nobody answers.
// `bank` is what the camera can see of the person: [{yaw, act, src}]; `still` shows one picture (a card) instead.
(() => {
  const canvas = document.createElement('canvas')
  const pen = canvas.getContext('2d')
  const me = { bank: [], still: null, fault: '', yaw: 0, act: '', black: false, frozen: false, obeys: true, opened: 0, swap: null }
  window.__actor = me
  const load = (src) => new Promise((ready, failed) => { const i = new Image(); i.onload = () => ready(i); i.onerror = failed; i.src = src })
  window.__be = async (bank) => { me.bank = await Promise.all(bank.map(async (each) => ({ ...each, picture: await load(each.src) }))); me.still = null }
  window.__show = async (src) => { me.still = await load(src) }

  const nearest = () => {
    const acting = me.bank.filter((each) => (each.act || '') === me.act)
    const from = acting.length ? acting : me.bank
    const gap = Math.min(...from.map((each) => Math.abs(each.yaw - me.yaw)))
    const fit = from.filter((each) => Math.abs(each.yaw - me.yaw) <= gap + 1.5)
    return fit[Math.floor(Math.random() * fit.length)].picture
  }
  // The sensor's own noise, of which every frame takes another piece.
  const noise = document.createElement('canvas')
  noise.width = noise.height = 1024
  const grain = noise.getContext('2d').createImageData(1024, 1024)
  for (let n = 0; n < grain.data.length; n += 4) { grain.data.fill(Math.random() * 256, n, n + 3); grain.data[n + 3] = 10 }
  noise.getContext('2d').putImageData(grain, 0, 0)
  const about = (spread) => (Math.random() + Math.random() + Math.random() - 1.5) * 2 * spread

  // A hand moves, turns and comes nearer by a little from frame to frame; nothing a camera sees ever comes twice.
  const draw = () => {
    const picture = me.still || (me.bank.length ? nearest() : null)
    if (!picture || me.frozen) return
    if (canvas.width !== picture.width) { canvas.width = picture.width; canvas.height = picture.height }
    const { width, height } = canvas
    if (me.black) { pen.fillStyle = '#000'; pen.fillRect(0, 0, width, height); return }
    pen.drawImage(picture, -4, -4, width + 8, height + 8)
    pen.save()
    pen.translate(width / 2 + about(3), height / 2 + about(3))
    if (!me.still) { pen.rotate(about(0.014)); const near = 1 + about(0.015); pen.scale(near, near) }
    pen.drawImage(picture, -width / 2, -height / 2)
    pen.restore()
    const [x, y] = [Math.random() * 300, Math.random() * 300]
    lit(width, height)
    for (let left = -x; left < width; left += 1024) for (let top = -y; top < height; top += 1024) pen.drawImage(noise, left, top)
  }
  // The screen's own light on the face, whatever colour it has at the moment.
  const lit = (width, height) => {
    const view = document.querySelector('.view.face')
    const [red, green, blue, alpha = 1] = (view ? getComputedStyle(view, '::after').backgroundColor : '').match(/[\d.]+/g) || [0, 0, 0, 0]
    if (!+alpha || me.dim) return
    pen.globalCompositeOperation = 'color-dodge'
    pen.fillStyle = `rgb(${red * 0.06}, ${green * 0.06}, ${blue * 0.06})`
    pen.beginPath()
    pen.ellipse(width / 2, height / 2, width * 0.28, height * 0.38, 0, 0, 7)
    pen.fill()
    pen.globalCompositeOperation = 'source-over'
  }
  // A card lies still: it need not be drawn as often as a face moves.
  let beat = 0
  setInterval(() => { if (!me.still || beat++ % 6 === 0) draw() }, 66)

  // What the page asks for, done at the speed of a person: a quarter of a second to see it, then about 12° in a tenth.
  let [asked, since] = ['', 0]
  setInterval(() => {
    const view = document.querySelector('.view.face')
    const word = view ? view.dataset.word : ''
    const now = view ? `${word} ${view.dataset.stage} ${document.querySelector('.quiet.centre')?.textContent}` : ''
    if (now !== asked) [asked, since] = [now, performance.now()]
    const out = view && view.dataset.stage === 'out' && me.obeys && performance.now() - since >= 250
    let goal = out && word === 'left' ? 54 : out && word === 'right' ? -54 : 0
    if (me.wrong && out && goal) { // first the other way, and only then as asked
      if (!me.strayed && Math.abs(me.yaw + goal) > 1) goal = -goal
      else me.strayed = true
    }
    me.yaw += Math.max(-12, Math.min(12, goal - me.yaw))
    if (me.swap && word && view.dataset.stage === 'back') { const other = me.swap; me.swap = null; window.__be(other) } // after the first step
    me.act = out && (word === 'blink' || word === 'mouth') ? word : ''
  }, 100)

  // Into the background and back, as phones do it: the page is hidden, the element paused, the track muted.
  window.__away = (yes) => {
    const video = document.querySelector('video')
    for (const [of, name, value] of [[document, 'hidden', yes], [video.srcObject.getVideoTracks()[0], 'muted', yes]])
      Object.defineProperty(of, name, { configurable: true, get: () => value })
    if (yes) video.pause()
    document.dispatchEvent(new Event('visibilitychange'))
  }

  const devices = navigator.mediaDevices
  if (!devices) return // a page of the host's, without https
  devices.getUserMedia = async (wanted) => {
    me.opened++
    if (me.fault === 'never') return new Promise(() => {}) // nobody answers the phone's question, or it hangs
    if (me.fault) throw new DOMException('no camera', me.fault)
    await window.__ready(wanted.video.facingMode.ideal)
    draw()
    return canvas.captureStream(15)
  }
})()
