// What can be decided and why, fetched once: grounds for decisions in a holder's favour, reasons told to a holder.
import { reactive } from 'vue'
import { get, may } from './api'
import type { Ground, Reason } from './types'

export const rules = reactive({
  grounds: [] as Ground[],
  reasons: [] as Reason[],
  pieces: ['card_front', 'card_back', 'face', 'handheld', 'identity', 'consent'],
  appealPieces: ['failure_video', 'handheld_front', 'card_front', 'card_back', 'error_screenshot', 'facts', 'military_papers'],
})
/** Each is asked for by itself: whoever may not decide cases reads reasons all the same. */
export async function learn(): Promise<void> {
  const wanted: Promise<unknown>[] = []
  if (!rules.reasons.length) wanted.push(get<{ items: Reason[] }>('/v1/reasons').then((found) => { rules.reasons = found.items }))
  if (!rules.grounds.length && may('case.work')) wanted.push(get<{ grounds: Ground[] }>('verdicts').then((found) => { rules.grounds = found.grounds }))
  await Promise.allSettled(wanted)
}
/** A reason's title in the language that is spoken; the code where it is not known. */
export const titled = (code: string, language: 'zh' | 'en') => rules.reasons.find((r) => r.code === code)?.[language].title || code
