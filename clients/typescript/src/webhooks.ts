import type { components } from './made/api.js'

type Schemas = components['schemas']
/** The body of any webhook; `type` tells which. */
export type Payload = Extract<Schemas[keyof Schemas & `${string}Webhook`], { type: string }>
/** `id` stays the same when a delivery comes again: keep it, and do nothing twice. */
export type Event = Payload & { id: string }

/** Answer 400 and do nothing: it is not signed by us, or too old. */
export class NotOurs extends Error {
  override name = 'NotOurs'
}

const TOLERANCE = 300

/**
 * The event that a delivery tells. `body`: the bytes as they came; `secret`: `whsec_…`, or several while you change.
 * Throws NotOurs.
 */
export async function verifyWebhook(
  body: Uint8Array | string,
  headers: Headers | Record<string, string | string[] | undefined>,
  secret: string | string[],
  now: number = Date.now() / 1000,
): Promise<Event> {
  const told = (name: string) => {
    const found = headers instanceof Headers ? headers.get(name) : headers[name]
    return (Array.isArray(found) ? found[0] : found) ?? ''
  }
  const [id, at] = [told('webhook-id'), told('webhook-timestamp')]
  if (!id || !/^\d+$/.test(at)) throw new NotOurs('The headers webhook-id and webhook-timestamp are missing.')
  if (Math.abs(now - Number(at)) > TOLERANCE) throw new NotOurs('It is too old, or the clock of this machine is wrong.')
  const said = joined(id, Number(at), body)
  for (const each of told('webhook-signature').split(' ')) {
    for (const one of [secret].flat()) {
      if (await fits(each, said, one)) return { id, ...(JSON.parse(text(body)) as Payload) }
    }
  }
  throw new NotOurs('No signature fits: is the secret that of this endpoint, and the body the bytes as they came?')
}

/** What we sign a delivery with. */
export async function signature(id: string, at: number, body: Uint8Array | string, secret: string): Promise<string> {
  const made = await crypto.subtle.sign('HMAC', await key(secret), joined(id, at, body))
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(made)))}`
}

/** In constant time: the comparison is the platform's own. */
async function fits(given: string, said: Uint8Array<ArrayBuffer>, secret: string): Promise<boolean> {
  if (!given.startsWith('v1,')) return false
  try {
    return await crypto.subtle.verify('HMAC', await key(secret), bytes(given.slice(3)), said)
  } catch {
    return false // no base64
  }
}

function key(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes(secret.replace(/^whsec_/, '')), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
}

function joined(id: string, at: number, body: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`${id}.${at}.`)
  const rest = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const made = new Uint8Array(head.length + rest.length)
  made.set(head)
  made.set(rest, head.length)
  return made
}

function text(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))
}
