// Talking to the server with the session's cookie, and who is signed in.
import { reactive, ref } from 'vue'

export interface Session { name: string; app: string; roles: string[]; may: string[]; csrf: string | null; apps?: string[] }
export const session = ref<Session | null>(null)
/** `ended`: the session ran out while somebody was working. */
export const line = reactive({ ended: false })
export const may = (action: string) => !!session.value?.may.includes(action)

export class Problem extends Error {
  constructor(public code: string, public status: number, detail: string) {
    super(detail)
  }
}

/** One request to /console/api. Rejects with Problem; an ended session brings the sign-in back. */
export async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (body) headers['Content-Type'] = 'application/json'
  if (session.value?.csrf) headers['X-CSRF'] = session.value.csrf
  let answer: Response
  try {
    answer = await fetch(path.startsWith('/') ? path : `/console/api/${path}`, {
      method, headers, body: body && JSON.stringify(body), credentials: 'same-origin',
    })
  } catch {
    throw new Problem('offline', 0, '')
  }
  if (answer.status === 204) return undefined as T
  const said = await answer.json().catch(() => ({}))
  if (answer.ok) return said as T
  if (answer.status === 401 && session.value) {
    session.value = null
    line.ended = true
  }
  throw new Problem(said.code || 'http_error', answer.status, said.detail || String(answer.status))
}
export const get = <T>(path: string) => call<T>('GET', path)
export const post = <T>(path: string, body?: object) => call<T>('POST', path, body)
