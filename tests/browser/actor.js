// A person in front of a simulated camera, inside the page: looks at what the page asks, as anybody would, and does it.
// `bank` is what the camera can see of the person: [{yaw, act, src}]; `still` shows one picture (a card) instead.
(() => {
  const canvas = document.createElement('canvas')
  const pen = canvas.getContext('2d')
  const me = { bank: [], still: null, fault: '', yaw: 0, act: '', black: false, obeys: true, opened: 0, swap: null }
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
  const draw = () => {
    const picture = me.still || (me.bank.length ? nearest() : null)
    if (picture) {
      if (canvas.width !== picture.width) { canvas.width = picture.width; canvas.height = picture.height }
      const shake = () => (Math.random() - 0.5) * 4
      if (me.black) { pen.fillStyle = '#000'; pen.fillRect(0, 0, canvas.width, canvas.height) } else {
        pen.drawImage(picture, -4, -4, picture.width + 8, picture.height + 8)
        pen.drawImage(picture, shake(), shake())
        for (let n = 0; n < 60; n++) { pen.fillStyle = `rgba(128,128,128,${Math.random() * 0.08})`; pen.fillRect(Math.random() * canvas.width, Math.random() * canvas.height, 9, 9) }
      }
    }
  }
  // A card lies still: it need not be drawn as often as a face moves.
  let beat = 0
  setInterval(() => { if (!me.still || beat++ % 6 === 0) draw() }, 66)

  // What the page asks for, done at the speed of a person: about 12° in a tenth of a second.
  setInterval(() => {
    const view = document.querySelector('.view.face')
    const word = view ? view.dataset.word : ''
    const out = view && view.dataset.stage === 'out' && me.obeys
    let goal = out && word === 'left' ? 54 : out && word === 'right' ? -54 : 0
    if (me.wrong && out && goal) { // first the other way, and only then as asked
      if (!me.strayed && Math.abs(me.yaw + goal) > 1) goal = -goal
      else me.strayed = true
    }
    me.yaw += Math.max(-12, Math.min(12, goal - me.yaw))
    if (me.swap && view && view.dataset.stage === 'back') { const other = me.swap; me.swap = null; window.__be(other) }
    me.act = out && (word === 'blink' || word === 'mouth') ? word : ''
  }, 100)

  const devices = navigator.mediaDevices
  devices.getUserMedia = async (wanted) => {
    me.opened++
    if (me.fault) throw new DOMException('no camera', me.fault)
    await window.__ready(wanted.video.facingMode.ideal)
    draw()
    return canvas.captureStream(15)
  }
})()
