// A list's filter, kept in the address: `#lists?kind=hold&risk=70`. Whoever opens the address sees the same list.
import { reactive } from 'vue'

export function filtering(page: string, names: readonly string[]) {
  const only = reactive<Record<string, string>>(Object.fromEntries(names.map((name) => [name, ''])))
  const here = () => location.hash.slice(1).split('?')[0] === page
  /** Take the filter from the address. */
  function read(): void {
    const asked = new URLSearchParams(location.hash.split('?')[1] || '')
    for (const name of names) only[name] = asked.get(name) || ''
  }
  /** The filter as an address has it, with more beside it where that is given. */
  const query = (more: Record<string, string> = {}): string =>
    new URLSearchParams([...names.filter((name) => String(only[name] ?? '')).map((name) => [name, String(only[name])]), ...Object.entries(more)]).toString()
  /** Write the filter into the address, without another entry in the browser's history. */
  const keep = (): void => history.replaceState(null, '', `#${page}${query() ? `?${query()}` : ''}`)
  const clear = (): void => { for (const name of names) only[name] = '' }
  read()
  return { only, here, read, query, keep, clear }
}
