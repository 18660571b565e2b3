// The words of the console, one file per language, fetched when they are needed.
import { nextTick, ref } from 'vue'

export type Language = 'zh' | 'en'
export const language = ref<Language>('zh')
const texts = ref<Record<string, string>>({})
export const version = document.getElementById('app')!.dataset.version
const KEPT = 'shiming console language'

export async function speak(wanted: Language): Promise<void> {
  texts.value = await (await fetch(`/console/assets/${wanted}.json?v=${version}`)).json()
  language.value = wanted
  localStorage.setItem(KEPT, wanted)
  document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en'
  document.title = t('title')
}
export const chosen = (): Language => (localStorage.getItem(KEPT) === 'en' ? 'en' : 'zh')

/** The words for a key, with {facts} filled in. */
export function t(key: string, facts: Record<string, string | number> = {}): string {
  return (texts.value[key] || key).replace(/\{(\w+)\}/g, (_, name) => String(facts[name]))
}
/** The words for a value of the server's, such as `piece.card_front`; the value itself where there are none. */
export const say = (group: string, value: string | null | undefined): string =>
  value ? texts.value[`${group}.${value}`] || value.replace(/_/g, ' ') : ''

/** Codes of many causes: the server says which, in English. */
const GENERAL = ['bad_input', 'field_invalid', 'conflict', 'wrong_state', 'policy_wrong', 'not_found']
/** What is said of a request that failed: our words for its code; the server's own only to who reads English. */
export function refused(problem: unknown): string {
  const { code, message } = problem as { code?: string; message?: string }
  const ours = texts.value[`problem.${code}`], english = language.value === 'en'
  if (english && message && (!ours || GENERAL.includes(code || ''))) return message
  return ours || (code && code !== 'offline' ? t('refused_somehow', { code }) : t('offline'))
}
/** Give the cursor to what came in the place of what was pressed: else it would be lost, and a keyboard begins anew. */
export function focusOn(within: HTMLElement | null | undefined, on: string): void {
  void nextTick(() => within?.querySelector<HTMLElement>(on)?.focus())
}
/** Who or what opened or lifted a hold: `rule:far_apart`, `reviewer:lin`, `platform`, a verification or a pledge by its id. */
export function source(text: string): string {
  const made: Record<string, string> = { ver: 'verification', plg: 'pledge' }
  const [who, name] = text.split(':') as [string, string?]
  return say('source', made[who.split('_')[0]!] || who) + (name ? ` ${name}` : '')
}
/** A moment as day and time in the person's own zone. */
export function dated(at: string | null): string {
  if (!at) return '–'
  const two = (n: number) => String(n).padStart(2, '0')
  const day = new Date(at)
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())} ${two(day.getHours())}:${two(day.getMinutes())}:${two(day.getSeconds())}`
}
/** How far a moment is from now, in the largest unit that fits. */
export function distance(at: string | null, now: number): string {
  if (!at) return '–'
  const minutes = Math.abs(Date.parse(at) - now) / 60000
  if (minutes < 60) return t('minutes', { n: Math.round(minutes) })
  return minutes < 2880 ? t('hours', { n: Math.round(minutes / 60) }) : t('days', { n: Math.round(minutes / 1440) })
}
