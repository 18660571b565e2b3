/** Copies a link that stands in the page's field `link`, and selects it there for whoever copies by hand. */
export async function copyLink(url: string): Promise<void> {
  (document.getElementById('link') as HTMLInputElement).select()
  if (navigator.clipboard) await navigator.clipboard.writeText(url).catch(() => document.execCommand('copy'))
  else document.execCommand('copy')
}
