import type { components } from './made/api.js'

export type Problem = components['schemas']['Problem']

/** A problem (RFC 9457). Act by `code`; `detail` says what to do; name `requestId` when you ask for help. */
export class ShimingError extends Error {
  readonly code: string
  readonly detail: string
  readonly requestId: string
  readonly fields: { field: string; problem: string }[]

  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
    /** Seconds, where it may go better later. */
    readonly retryAfter?: number,
  ) {
    super(`${status} ${problem.code ?? 'http_error'}: ${problem.detail ?? ''}`)
    this.name = 'ShimingError'
    this.code = problem.code ?? 'http_error'
    this.detail = problem.detail ?? ''
    this.requestId = problem.request_id ?? ''
    this.fields = problem.fields ?? []
  }
}

/** Nobody answered, after all tries. A POST may be sent again with the same Idempotency-Key. */
export class NoAnswer extends Error {
  constructor(
    why: unknown,
    readonly idempotencyKey: string | null,
  ) {
    super(`nobody answered: ${String(why)}`, { cause: why })
    this.name = 'NoAnswer'
  }
}

/** The error that an answer of 400 and more is. What is not ours (a proxy's page) is `http_error`. */
export async function problemOf(answer: Response): Promise<ShimingError> {
  const media = (answer.headers.get('content-type') ?? '').split(';')[0]?.trim()
  const text = await answer.text()
  const later = seconds(answer.headers.get('retry-after'))
  if (media === 'application/problem+json') {
    try {
      return new ShimingError(answer.status, JSON.parse(text) as Problem, later)
    } catch {
      // cut off on the way: told as it came
    }
  }
  const id = answer.headers.get('x-request-id') ?? ''
  return new ShimingError(answer.status, { detail: text.slice(0, 200), request_id: id }, later)
}

/** What `Retry-After` says, in seconds. */
export function seconds(text: string | null): number | undefined {
  return text && /^\d+$/.test(text) ? Number(text) : undefined
}
