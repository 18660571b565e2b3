// My account: what the server says of it, the page that is open (behind #/ in the address), and what can be done.
import { reactive, ref, watch } from 'vue'
import { call, id, keep, kept, Problem } from '../api'
import { chosen, fault, has, language, speak, t } from '../words'

export interface Said { title: string; text?: string; explain?: string; remedy?: string[]; next?: string; again?: string; appeal?: string; do?: string }
export interface Both { zh: Said; en: Said }
export interface Reason extends Both { code: string; appeal_needs: string[] }
export interface Requirement extends Both { requirement: string; state: string; by: string; pledge?: { text_version: string; zh: string; en: string } }
export interface Record_ { type: string; at: string; place: string; content: string }
export interface Hold extends Both {
  id: string; reason: string; since: string; ban: boolean; capabilities: string[]; requirements: Requirement[]
  says: { zh: string; en: string } | null; values: Record<string, string | number>; appeal: string | null; may_appeal: boolean; ways_out: string[]; records: Record_[]; more_records: number
}
export interface Verified { id: string; level: string; state: string; at: string; reasons: Reason[]; appeal: boolean; going: boolean }
export interface Appeal {
  id: string; verification: string | null; hold: string | null; state: string; pieces: string[]; missing: string[]
  unusable: Record<string, Reason[]>; video: object | null; video_lacks: { what: string; zh: string; en: string }[]; ground: { zh: string; en: string } | null; can_reopen: boolean
  collect_until: string; answer_by: string | null; wait?: { usually: string | null; late: boolean } | null; answered_at: string | null
  names: Record<string, { zh: string; en: string }>; reasons: Reason[]; reusable?: string[]; film?: string | null
}
export interface Ticket { id: string; state: string; topic: string; rating: number | null; verification: string | null; at: string }
export interface Asked { verification: string; reasons: Reason[]; at: string }
export interface GuardianAbout {
  state: string; asks: string[]; relation: string | null; face: boolean | null; child: string; papers: boolean; present: boolean
  text: string; again: boolean; anew: boolean; agreed_at: string | null; ground: { zh: string; en: string } | null; appeals: Asked[]
  recipients: { source: string; name: string; region: string; keeps_days: number | null }[]
}
export interface About {
  narrow: string | null; title: { zh: string; en: string }; contact: string; points: Record<string, string>; test: boolean
  locale: string; cooling_off_days: number; unread: number; back: Record<string, string>
  standing: { account: string; state: string; cancel_at: string | null; level: string; standing: string; barred: boolean; holds: Hold[] }
  verifications: Verified[]; appeals: Appeal[]; tickets: Ticket[]
  guardian: GuardianAbout | null
  minor: { capabilities: string[]; state: string | null } | null
  document: { until: string; soon: boolean; over: boolean } | null
}

export const my = (path: string) => `/me/${id}${path}`
export const me = reactive({ about: null as About | null, closed: '', told: '' })

/** Which page is open: its name, and what it is about. */
const where = () => location.hash.replace(/^#\/?/, '').split('/')
export const route = ref(location.hash.indexOf('#/') ? [''] : where())
window.addEventListener('hashchange', () => { route.value = where() })
watch(route, () => { window.scrollTo(0, 0) })
export const go = (...to: string[]) => { location.hash = `/${to.join('/')}` }

/** Come in with the one-time secret behind the #, if there is one; then see how things stand. */
export async function enter(): Promise<void> {
  const link = location.hash.indexOf('#/') ? location.hash.slice(1) : ''
  const launch = new URLSearchParams(location.search).get('launch') || ''
  try {
    await look()
  } catch (fault) {
    const { status } = fault as Problem
    if (!link || (status !== 401 && status !== 403)) throw fault
    const opened = await call<{ secret: string | null }>('POST', my('/open'), { link, launch, framed: framed() })
    if (opened.secret) keep(opened.secret)
    await look()
  }
  if (link) history.replaceState(null, '', location.pathname) // used only now
}

export const framed = () => window.top !== window

export async function look(): Promise<void> {
  const before = me.about
  me.about = await call<About>('GET', my('/state'))
  if (!before && !chosen()) await speak(me.about.locale.indexOf('en') ? 'zh' : 'en')
}

/** One act: its answer, or null with `me.told` saying in words what stands against it. */
export async function act<T>(method: string, path: string, body: object | null = null): Promise<T | null> {
  me.told = ''
  try {
    return await call<T>(method, my(path), body)
  } catch (problem) {
    const { code, status } = problem as Problem
    if (status === 401) me.closed = code
    me.told = fault(problem)
    return null
  }
}

/** Begin a verification of this account, and go there; it leads back to here. */
export async function verify(level: string): Promise<void> {
  const made = await act<{ id: string; secret: string | null }>('POST', '/verify', { level, framed: framed() })
  if (!made) return
  if (made.secret) keep(made.secret, made.id)
  location.assign(`/v/${made.id}`)
}

export async function begin(against: { verification?: string; hold?: string }): Promise<void> {
  const made = await act<Appeal>('POST', '/appeals', against)
  if (made) go('appeal', made.id)
}

/** All that is kept of this account, as a file. Rejects where it is refused: most of all without a fresh face check. */
export async function taken(): Promise<Blob> {
  const answer = await fetch(my('/export'), { headers: kept() ? { Authorization: `Bearer ${kept()}` } : {} })
  if (!answer.ok) throw new Error()
  return answer.blob()
}

export const said = <T>(both: { zh: T; en: T }): T => both[language.value]
export const day = (iso: string) => new Date(iso).toLocaleDateString(language.value === 'zh' ? 'zh-CN' : 'en-GB', { year: 'numeric', month: 'short', day: 'numeric' })
export const moment = (iso: string) => new Date(iso).toLocaleString(language.value === 'zh' ? 'zh-CN' : 'en-GB', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
/** The words for a value of ours; a value that has none (an operator's own) is shown as it is. */
export const word = (kind: string, value: string) => (has(`${kind}_${value}`) ? t(`${kind}_${value}`) : value)
export const list = (items: string[]) => items.join(t('comma'))

/** The file that was chosen; the same one can be chosen again. */
export function picked(event: Event): File | undefined {
  const input = event.target as HTMLInputElement
  const file = (input.files || [])[0]
  input.value = ''
  return file
}

/** A picture of ours for an <img>: its address, or, where no cookie is kept, what is fetched with the secret. */
export async function picture(path: string): Promise<string> {
  if (!kept()) return my(path)
  const answer = await fetch(my(path), { headers: { Authorization: `Bearer ${kept()}` } })
  return URL.createObjectURL(await answer.blob())
}
