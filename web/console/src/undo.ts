// Decisions that can still be taken back, whichever page is open: all of them, not only the last.
import { reactive } from 'vue'
import { post } from './api'

export interface Undoable { case: string; until: number; verdict: string; second: boolean }
export const undos = reactive<Undoable[]>([])

/** Noted until its time is over. */
export function canUndo(id: string, seconds: number, verdict: string, second: boolean): void {
  undos.push({ case: id, until: Date.now() + seconds * 1000, verdict, second })
}
/** Take a decision back; its case is in one's hands again, and shown. */
export async function takeBack(one: Undoable): Promise<void> {
  undos.splice(undos.indexOf(one), 1)
  await post(`cases/${one.case}/undo`)
  await post(`cases/${one.case}/take`)
  const to = `#cases/${one.case}`
  if (location.hash === to) window.dispatchEvent(new HashChangeEvent('hashchange'))
  else location.hash = to
}
