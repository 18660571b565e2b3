// For the pages of your own site: the holder's pages in a window or a frame. The script itself is the installation's own
// (`/v/assets/embed.js`), so that both ends of the conversation are of one release; here are its types and its loading.

/** Called with the verification's state, and its id, as it changes. Ask your server what is true: this is a hint. */
export type Told = (state: string, verification: string) => void

export interface Pages {
  /** In a window of its own: call it in a click. Where pop-ups are blocked this page goes there. */
  open(url: string, told: Told): Window | null
  /** In a frame, where your origin is in SHIMING_EMBED_ORIGINS. */
  frame(place: HTMLElement, url: string, told: Told): HTMLIFrameElement
}

const loading = new Map<string, Promise<Pages>>()

/** The pages of an installation, loaded once. Do it before the click: a window opened after a wait is blocked. */
export function pagesOf(baseUrl: string): Promise<Pages> {
  const source = `${baseUrl.replace(/\/+$/, '')}/v/assets/embed.js`
  const begun = loading.get(source) ?? loaded(source)
  loading.set(source, begun)
  begun.catch(() => loading.delete(source)) // a lost connection is no reason never to try again
  return begun
}

function loaded(source: string): Promise<Pages> {
  return new Promise((done, failed) => {
    const script = document.createElement('script')
    script.src = source
    script.onload = () => done((window as unknown as { Shiming: Pages }).Shiming)
    script.onerror = () => failed(new Error(`${source} cannot be loaded: is this the address of your installation?`))
    document.head.append(script)
  })
}
