// Where the person is. The server knows what is still needed; the page shown follows from that, so that closing,
// refreshing or a second tab lose nothing. Only going back to an earlier part is remembered here, in the history.
import { computed, reactive, watch } from 'vue'
import { api, call, holder, keep, kept, Problem } from './api'
import { chosen, fault, language, speak } from './words'

export type Piece = 'consent' | 'card_front' | 'card_back' | 'identity' | 'handheld' | 'phone' | 'bank' | 'face'
export type Step = Piece | 'guardian' | 'confirm' | 'loading' | 'closed' | 'intro' | 'submit' | 'wait' | 'result'
export interface Words { title: string; explain: string; remedy: string[]; next: string; again: string; appeal: string }
export interface Reason { code: string; fixed_by: string; redo: string[]; appeal_needs: string[]; zh: Words; en: Words }
export interface Where { x: number; y: number; w: number; h: number }
export interface Finding { code: string; piece?: string | null; where?: Where | null }
export interface Recipient { source: string; name: string; purpose: string; region: string; keeps_days: number | null }
export interface Verification {
  id: string; level: string; state: string; locale: string; return_url: string | null; face_consent: boolean | null; recipients: Recipient[]
  pieces: Piece[]; next: Piece[]; can: string[]; attempts: { used: number; left: number }
  expires_at: string; identity: { name: string; number: string } | null
  expected_seconds: number | null; retry_at: string | null; reasons: Reason[]; findings: Finding[]
}
export interface Read { text: string; doubtful: number[] }
export interface About {
  verification: Verification; controls: string[][][]; title: { zh: string; en: string }; contact: string; test: boolean
  reading: Record<string, Read>; pictures: Record<string, string>; face_tries: number
  external: boolean; confirm: boolean; light: boolean; look_again: number | null; appeal: string | null
  passed: { can: { capability: string; until: string | null }[]; document_until: string | null } | null
  wait: { usually: string | null; latest: string; late: boolean } | null
  guardian: string | null; interrupted: Reason | null
}

export const flow = reactive({
  about: null as About | null,
  closed: '',
  chosen: null as Step | null,
  begun: false,
})
export const verification = computed(() => (flow.about as About).verification)
/** What a field holds now. (Vue's v-model for fields weighs more than these pages may.) */
export const typed = (event: Event): string => (event.target as HTMLInputElement).value
export const words = (reason: Reason): Words => reason[language.value]

export const PIECES: Piece[] = ['consent', 'card_front', 'card_back', 'identity', 'handheld', 'phone', 'bank', 'face']

/** Nobody of this age goes on before a guardian has agreed; but a mistyped number can be corrected. */
const minor = () => verification.value.reasons.some((each) => each.code === 'guardian_consent_needed')

export const step = computed<Step>(() => {
  if (flow.closed) return 'closed'
  if (!flow.about) return 'loading'
  const { state, can, next, pieces } = flow.about.verification
  const chosen = flow.chosen
  if (state === 'checking') return 'wait'
  if (!can.includes('hand_in')) return minor() && (chosen === 'guardian' || chosen === 'identity') ? chosen : 'result'
  if (chosen && chosen !== 'guardian') return chosen
  if (state === 'open' && !pieces.length && !flow.begun) return 'intro'
  if (state === 'needs_input') return 'result'
  if (flow.about.confirm && !kept()) return 'confirm' // before anything is handed in by itself
  return next[0] || 'submit'
})

/** On a computer, where a phone may go on. */
export const desk = !kept() && !/Android|iPhone|iPad|Mobile/i.test(navigator.userAgent) && window.innerWidth > 720

/** Come in with the one-time secret behind the #, if there is one; then see where we are. */
export async function enter(): Promise<void> {
  const link = location.hash.slice(1)
  if (location.search === '?edit') flow.chosen = 'identity' // back from the other party's page, to correct what was typed
  const framed = window.top !== window
  const launch = new URLSearchParams(location.search).get('launch') || ''
  try {
    await look()
  } catch (fault) {
    if ((fault as Problem).status !== 401 && (fault as Problem).status !== 403) throw fault
    if (!link) throw fault
    const opened = await call<{ secret: string | null }>('POST', holder('/open'), { link, launch, framed })
    if (opened.secret) keep(opened.secret)
    await look()
  }
  if (link || flow.chosen) history.replaceState(history.state, '', location.pathname) // used only now
}

/** Ask the server how things stand. */
export async function look(): Promise<void> {
  const before = flow.about
  const about = await call<About>('GET', holder('/state'))
  flow.about = about
  if (!before && !chosen()) await speak(about.verification.locale.startsWith('en') ? 'en' : 'zh')
  if (before && before.verification.state !== about.verification.state) tell(about.verification.state)
}

/** What an answer to a call says about the verification counts at once. */
export async function act(path: string, body: object | null): Promise<void> {
  const before = verification.value.state
  ;(flow.about as About).verification = await call<Verification>('POST', api(path), body)
  if (verification.value.state !== before) tell(verification.value.state)
}

/** What to say of a refused act. Who was let out, or whose verification or account has changed, comes to its page. */
export async function refused(problem: unknown): Promise<string> {
  const { code, status } = problem as Problem
  if (status === 401) flow.closed = code
  if (/^(wrong|acc|att|guardian)/.test(code)) await look().catch(() => undefined) // wrong_state, account_…, attempts_exhausted
  return fault(problem)
}

export function go(to: Step | null): void {
  flow.chosen = to
}

/** A piece is in: on to what is needed next. */
export async function done(): Promise<void> {
  await look()
  flow.chosen = null
}

watch(step, (now, before) => {
  if (now === 'confirm') return location.replace(holder('/external')) // a page of its own, where another party confirms who was typed
  window.scrollTo(0, 0)
  if (before === 'loading') history.replaceState({ step: now }, '')
  else if ((history.state || {}).step !== now) history.pushState({ step: now }, '')
})

window.addEventListener('popstate', (event) => {
  const to = (event.state || {}).step as Step | undefined
  flow.chosen = to === 'intro' || to === 'guardian' || PIECES.includes(to as Piece) ? to! : null
})

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && flow.about) look().catch(() => undefined)
})

/** Tell the host page that opened us, or frames us, what has become of it; only where it said that it wants us back. */
export function tell(state: string): void {
  const back = verification.value.return_url
  const host = window.opener || (window.top !== window ? window.parent : null)
  if (host && back) host.postMessage({ shiming: verification.value.id, state }, new URL(back).origin)
}
