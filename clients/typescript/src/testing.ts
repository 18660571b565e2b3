// For your own tests: outcomes to order, deliveries to receive, and a clock that does not wait.
import type { Retries } from './retries.js'
import { signature } from './webhooks.js'

/** An ID number of nobody: its area code is given to no place. Live mode refuses it. */
export const NUMBER = '170213199103140138'
export const PASSES = '张合格'
/** Names to type on the test side for what you want to see. */
export const OUTCOMES = {
  name_number_mismatch: '王不符',
  identity_not_found: '王查无',
  document_void: '王挂失',
  waiting: '王超时',
  waits_once: '王稍后',
} as const

/** Time that passes when it is waited for. */
export class Clock {
  waited: number[] = []
  constructor(public now = 1_800_000_000) {}
  retries(): Partial<Retries> {
    const sleep = async (seconds: number) => {
      this.waited.push(seconds)
      this.now += seconds
    }
    return { sleep, chance: () => 0 }
  }
}

/** Body and headers of a delivery as we would send it. */
export async function delivery(secret: string, event: string, data: Record<string, unknown>, now: number) {
  const body = JSON.stringify({ type: event, timestamp: new Date(now * 1000).toISOString(), data: { sequence: 1, ...data } })
  const [id, at] = [`msg_${crypto.randomUUID().replaceAll('-', '').slice(0, 26)}`, Math.floor(now)]
  const signed = { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': await signature(id, at, body, secret) }
  return { body, headers: { 'content-type': 'application/json', ...signed } }
}
