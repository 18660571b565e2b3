// Client for Shiming, for servers. `paths` and `components` are generated from the API's description; this is the layer
// over them: the key, an Idempotency-Key on each POST, retries with jitter, errors that are thrown, lists to their end.
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './made/api.js'
import { retrying, type Retries } from './retries.js'

export { NoAnswer, ShimingError, type Problem } from './problems.js'
export type { Retries } from './retries.js'
export { NotOurs, signature, verifyWebhook, type Event, type Payload } from './webhooks.js'
export { launched } from './launches.js'
export type { components, paths }
export type Schemas = components['schemas']
export type Shiming = Client<paths>

/**
 * The API by one key: `api.POST('/v1/verifications', { body: … })`, every path, field and answer typed.
 * `baseUrl`: where the installation answers, without `/v1`. `fetch`: what sends, if not the built-in one.
 */
export function shiming(given: { baseUrl: string; key: string; retries?: Partial<Retries>; fetch?: typeof fetch }): Shiming {
  return createClient<paths>({
    baseUrl: given.baseUrl.replace(/\/+$/, '').replace(/\/v1$/, ''),
    headers: { Authorization: `Bearer ${given.key}` },
    fetch: retrying(given.fetch ?? ((request: Request) => fetch(request)), given.retries),
  })
}

/** What a call answered. A refusal was thrown before this (ShimingError). */
export async function ok<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T
}

/** Every item of every page: `for await (const one of pages((after) => ok(api.GET('/v1/verifications', …))))`. */
export async function* pages<T>(page: (after?: string) => Promise<{ items: T[]; next?: string | null }>): AsyncGenerator<T> {
  for (let after: string | undefined; ; ) {
    const { items, next } = await page(after)
    yield* items
    if (!next) return
    after = next
  }
}

/** A file in a call's body: the generated types call it a string. */
export function file(content: Blob): string {
  return content as unknown as string
}

/** For calls that take files: `{ body: { picture: file(blob) }, bodySerializer: form }`. A list is a part for each. */
export function form(body: Record<string, unknown>): FormData {
  const made = new FormData()
  for (const [name, value] of Object.entries(body)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) made.append(name, each instanceof Blob ? each : String(each))
    }
  }
  return made
}
