// What is to be pressed first, and whether it can be seen whole; how far the page is too wide; what lies on something else
// or is cut off. Sticky bars are apart from what scrolls below them, a camera's picture from what is drawn on it.
() => {
  const shown = (e) => e.offsetParent !== null && getComputedStyle(e).clip !== 'rect(0px, 0px, 0px, 0px)'
  const BOXES = /^(BUTTON|INPUT|IMG)$/
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())
  const name = (e) => `${e.tagName} ${e.textContent.slice(0, 20)}`
  const first = [...document.querySelectorAll('.do .button, .do button, .actions .button, .actions button')]
    .find((e) => shown(e) && !/second|plain/.test(e.className))
  const box = first && first.getBoundingClientRect()
  const faults = []
  for (const part of document.querySelectorAll('header, main, footer')) {
    const boxes = []
    for (const e of part.querySelectorAll('*')) {
      if (!shown(e) || e.closest('.view, svg') || !(own(e) || BOXES.test(e.tagName))) continue
      if (e.type === 'file' || e.type === 'radio') continue
      if (e.tagName !== 'INPUT' && e.clientWidth && e.scrollWidth > e.clientWidth + 1) faults.push(`cut off: ${name(e)}`)
      const range = document.createRange()
      range.selectNodeContents(e)
      const rects = BOXES.test(e.tagName) ? [e.getBoundingClientRect()] : range.getClientRects()
      for (const rect of rects) boxes.push([e, rect])
    }
    boxes.forEach(([a, p], at) => boxes.slice(at + 1).forEach(([b, q]) => {
      if (a.contains(b) || b.contains(a)) return
      const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left)
      const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top)
      if (wide > 4 && high > 6) faults.push(`${name(a)} | ${name(b)}`)
    }))
  }
  return { primary: first ? first.innerText.trim() : '', top: box ? box.top : 0, bottom: box ? box.bottom : 0,
           high: innerHeight, wide: document.documentElement.scrollWidth - innerWidth, faults }
}
