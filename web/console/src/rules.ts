// What can be decided and why, fetched once: grounds for decisions in a holder's favour, reasons told to a holder.
import { reactive } from 'vue'
import { get } from './api'
import type { Ground, Reason } from './types'

export const rules = reactive({
  grounds: [] as Ground[],
  reasons: [] as Reason[],
  pieces: ['card_front', 'card_back', 'face', 'handheld', 'identity', 'consent'],
  appealPieces: ['failure_video', 'handheld_front', 'card_front', 'card_back', 'error_screenshot', 'facts', 'military_papers'],
})
export async function learn(): Promise<void> {
  if (rules.grounds.length) return
  const [possible, catalogue] = await Promise.all([
    get<{ grounds: Ground[] }>('verdicts'), get<{ items: Reason[] }>('/v1/reasons'),
  ])
  rules.grounds = possible.grounds
  rules.reasons = catalogue.items
}
/** A reason's title in the language that is spoken; the code where it is not known. */
export const titled = (code: string, language: 'zh' | 'en') => rules.reasons.find((r) => r.code === code)?.[language].title || code
