// A phone short of memory throws a page away while somebody takes a picture or film for it, and loads it anew: then the
// page says what has become of them.
import { ref } from 'vue'
import { id } from './api'

const key = `shiming taking ${id}`
/** Whether the page was loaded anew in the midst of it. */
export const reloaded = ref(false)

/** Something is being taken or sent from now on; false: no more. */
export function taking(yes: boolean): void {
  if (yes) reloaded.value = false
  try {
    if (yes) sessionStorage.setItem(key, '1')
    else sessionStorage.removeItem(key)
  } catch (_) {
    // storage is forbidden here: then nothing is said
  }
}

try {
  reloaded.value = !!sessionStorage.getItem(key)
} catch (_) { /* as above */ }
taking(false)
// The phone's own camera, or gallery, behind a file field: the page lies in the background as long as it is open.
const file = (event: Event) => (event.target as HTMLInputElement).type === 'file'
for (const name of ['click', 'change', 'cancel']) {
  document.addEventListener(name, (event) => { if (file(event)) taking(name !== 'cancel') }, true)
}
