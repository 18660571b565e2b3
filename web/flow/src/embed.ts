// For host pages: Shiming.open(url, told) shows the holder's pages in a window of their own, Shiming.frame(element, url, told)
// in a frame; `told` is called with the verification's state as it changes. Messages count from that window and origin only.
type Told = (state: string, verification: string) => void

function listen(window_: () => Window | null, url: string, told: Told): () => void {
  const origin = new URL(url).origin
  const heard = (event: MessageEvent) => {
    if (event.origin !== origin || event.source !== window_() || !event.data || !event.data.shiming) return
    told(String(event.data.state), String(event.data.shiming))
  }
  window.addEventListener('message', heard)
  return () => window.removeEventListener('message', heard)
}

function open(url: string, told: Told): Window | null {
  const opened = window.open(url, 'shiming', 'width=460,height=820')
  if (!opened) location.assign(url) // pop-ups are blocked: go there; the return_url leads back
  else listen(() => opened, url, told)
  return opened
}

function frame(place: HTMLElement, url: string, told: Told): HTMLIFrameElement {
  const made = document.createElement('iframe')
  made.allow = 'camera; fullscreen'
  made.title = 'Shiming'
  made.src = url
  place.appendChild(made)
  listen(() => made.contentWindow, url, told)
  return made
}

;(window as unknown as { Shiming: object }).Shiming = { open, frame }
