// One way to ask the server from a page: what is under way, and why it failed, in words.
import { ref } from 'vue'
import { refused } from '../words'

export function trying() {
  const fault = ref(''), busy = ref(false), loaded = ref(false)
  /** Do it; null where it was refused, which `fault` says. */
  async function tried<T>(what: () => Promise<T>): Promise<T | null> {
    busy.value = true
    fault.value = ''
    try {
      return await what()
    } catch (problem) {
      fault.value = refused(problem)
      return null
    } finally {
      busy.value = false
      loaded.value = true
    }
  }
  return { fault, busy, loaded, tried }
}
