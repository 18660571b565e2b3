import { NoAnswer, problemOf, seconds } from './problems.js'

/**
 * `tries` in all; `first` seconds before the second, twice that before the third, or what `Retry-After` says; each and a
 * random part of it more. What would take more than `longest` seconds is not waited for. `seconds`: for one try.
 * `sleep` and `chance` are for tests.
 */
export interface Retries {
  tries: number
  first: number
  longest: number
  seconds: number
  sleep: (seconds: number) => Promise<void>
  chance: () => number
}

export const RETRIES: Retries = {
  tries: 4,
  first: 0.5,
  longest: 30,
  seconds: 60,
  sleep: (wait) => new Promise((done) => setTimeout(done, wait * 1000)),
  chance: Math.random,
}
const AGAIN = new Set([429, 502, 503, 504])

/** Around a `fetch`: an Idempotency-Key on each POST, tries again where that is safe, and throws what is no answer. */
export function retrying(send: (request: Request) => Promise<Response>, given: Partial<Retries> = {}) {
  const by = { ...RETRIES, ...given }
  return async (asked: Request): Promise<Response> => {
    const request = keyed(asked)
    for (let tried = 1; ; tried++) {
      const answer = await once(send, request, by.seconds)
      if (answer instanceof Response && answer.ok) return answer
      const wait = await pause(by, tried, request, answer)
      if (wait === undefined) return finished(request, answer)
      await by.sleep(wait)
    }
  }
}

function keyed(request: Request): Request {
  if (request.method !== 'POST' || request.headers.has('idempotency-key')) return request
  const headers = new Headers(request.headers)
  headers.set('Idempotency-Key', crypto.randomUUID())
  return new Request(request, { headers })
}

class Nobody {
  constructor(readonly why: unknown) {}
}

async function once(send: (request: Request) => Promise<Response>, request: Request, limit: number): Promise<Response | Nobody> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(limit * 1000)])
  try {
    return await send(new Request(request.clone(), { signal })) // its body can be read once; a clone's as well
  } catch (why) {
    if (request.signal.aborted) throw why // by whoever called
    return new Nobody(why)
  }
}

async function pause(by: Retries, tried: number, request: Request, answer: Response | Nobody): Promise<number | undefined> {
  if (tried >= by.tries || !(await may(request, answer))) return undefined
  const said = answer instanceof Response ? seconds(answer.headers.get('retry-after')) : undefined
  const wait = said ?? by.first * 2 ** (tried - 1)
  return wait <= by.longest ? wait * (1 + by.chance()) : undefined
}

async function may(request: Request, answer: Response | Nobody): Promise<boolean> {
  if (answer instanceof Nobody) return request.method !== 'PATCH' // a part of a film that may have arrived
  if (answer.status === 409) return answer.headers.has('retry-after') && (await answer.clone().text()).includes('"in_progress"')
  return AGAIN.has(answer.status) && !isNo(request, answer)
}

async function finished(request: Request, answer: Response | Nobody): Promise<Response> {
  if (answer instanceof Nobody) throw new NoAnswer(answer.why, request.headers.get('idempotency-key'))
  if (answer.status >= 400 && !isNo(request, answer)) throw await problemOf(answer)
  return answer
}

/** Whether it is an answer and no error: `/v1/ready` says 503 where it is not. */
function isNo(request: Request, answer: Response): boolean {
  return new URL(request.url).pathname.endsWith('/v1/ready') && answer.headers.get('content-type') === 'application/json'
}
