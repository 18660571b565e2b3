// The words of the pages, one file per language, fetched when they are needed.
import { ref } from 'vue'
import { asset } from './api'

export type Language = 'zh' | 'en'
export const language = ref<Language>('zh')
const page = location.pathname.split('/')[1]
const files = page === 'v' ? '' : `${page}-`
const texts = ref<Record<string, string>>({})

export async function speak(wanted: Language): Promise<void> {
  const answer = await fetch(asset(`${files}${wanted}.json`))
  texts.value = await answer.json()
  language.value = wanted
  document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en'
  document.title = t('title')
}

/** The words for a key, with {facts} filled in. A key without words is shown as it is: it will be seen and mended. */
export function t(key: string, facts: Record<string, string | number> = {}): string {
  return (texts.value[key] || key).replace(/\{(\w+)\}/g, (_, name) => String(facts[name]))
}
/** A time as people say it: today, tomorrow, or a date. */
export function moment(iso: string): string {
  const when = new Date(iso)
  const locale = language.value === 'zh' ? 'zh-CN' : 'en-GB'
  const clock = { hour: '2-digit', minute: '2-digit' } as const
  const days = Math.round((new Date(iso).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5)
  const time = when.toLocaleTimeString(locale, clock)
  if (days === 0 || days === 1) return t(days ? 'tomorrow' : 'today', { time })
  return when.toLocaleString(locale, { month: 'short', day: 'numeric', ...clock })
}
/** A day as people say it. */
export const day = (iso: string) => new Date(iso).toLocaleDateString(language.value === 'zh' ? 'zh-CN' : 'en-GB', { year: 'numeric', month: 'short', day: 'numeric' })
export const has = (key: string) => key in texts.value
/** What stands against an act, by the code of the server's answer. */
export const fault = (problem: unknown) => {
  const key = `fault_${(problem as { code: string }).code}`
  return t(has(key) ? key : 'failed')
}

/** What the person chose before on this phone, if anything. */
export function chosen(what = 'language'): string | null {
  try {
    return localStorage.getItem(`shiming ${what}`)
  } catch (_) {
    return null
  }
}

export function remember(what: string, choice: string): void {
  try {
    localStorage.setItem(`shiming ${what}`, choice)
  } catch (_) {
    // holds for this page only
  }
}

/** The other language, here and from now on. */
export async function choose(): Promise<void> {
  const wanted = language.value === 'zh' ? 'en' : 'zh'
  await speak(wanted)
  remember('language', wanted)
}
