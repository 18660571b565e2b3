// Talking to the server. What is under way survives a lost connection: it is sent again, with the same key, until it is
// answered, so that nothing is lost and nothing counts twice.
import { reactive } from 'vue'

const place = document.getElementById('app') as HTMLElement
export const id = place.dataset.id || ''
/** How people are reached at the platform, for who cannot come in. */
export const contact = place.dataset.contact || ''
export const asset = (name: string) => `/v/assets/${name}?v=${place.dataset.version}`
export const holder = (path: string) => `/v/${id}${path}`
export const api = (path: string) => `/v1/verifications/${id}${path}`

/** `lost`: the connection is down and we are trying again; `busy`: the server has too many people just now, and we come
 * again by ourselves; `sent`: share (0–1) of the upload that has gone out. */
export const line = reactive({ lost: false, busy: false, sent: 0 })

const STILL = 60000 // ms without a sign of life after which a request is sent again

export class Problem extends Error {
  /** `after`: ms after which the server asks to be asked again; 0 where it does not say. */
  constructor(public code: string, public status: number, detail: string, public after = 0) {
    super(detail)
  }
}

const place_of = (of: string) => `shiming ${of}`
let secret = ''
try {
  secret = sessionStorage.getItem(place_of(id)) || ''
} catch (_) {
  // storage is forbidden here; the cookie does
}

/** In a frame cookies may not be kept: the page keeps the secret itself, its own or that of the page that comes next. */
export function keep(value: string, of = id): void {
  if (of === id) secret = value
  try {
    sessionStorage.setItem(place_of(of), value)
  } catch (_) {
    // storage is blocked in such frames; the cookie does, or else the app opens a new link
  }
}
export const kept = () => secret

export type Body = FormData | Blob | object | null

/** One request, tried again while the network or the server is away. Rejects with Problem for any other answer. */
export async function call<T>(method: string, path: string, body: Body = null, patience = 12): Promise<T> {
  const key = method === 'POST' ? random() : ''
  for (let turn = 0; ; turn++) {
    try {
      const answer = await once<T>(method, path, body, key)
      line.lost = line.busy = false
      return answer
    } catch (fault) {
      const problem = fault as Problem
      const busy = is_busy(problem)
      const away = busy || [0, 502, 503, 504].includes(problem.status) || problem.code === 'in_progress'
      if (!away || turn >= (busy ? 5 * patience : patience)) {
        line.lost = line.busy = false
        throw problem
      }
      line.lost = problem.status === 0
      line.busy = busy
      await pause(wait_of(problem, turn))
    }
  }
}

/** Too many people just now: whatever was sent was not begun, so it may be sent again for as long as it takes. */
export const is_busy = (problem: Problem) => problem.status === 503 && problem.code === 'busy'

/** ms until the next try: what the server asks for, spread a little, so that a crowd does not come back as one. */
export function wait_of(problem: Problem, turn: number): number {
  const own = Math.min(8000, 700 * 2 ** turn)
  return problem.after ? Math.min(30000, problem.after) * (1 + Math.random() / 2) : own
}

function once<T>(method: string, path: string, body: Body, key: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const began = performance.now()
    request.open(method, path)
    request.timeout = STILL
    if (secret) request.setRequestHeader('Authorization', `Bearer ${secret}`)
    if (key) request.setRequestHeader('Idempotency-Key', key)
    line.sent = 0
    request.upload.onprogress = (at) => {
      line.sent = at.total ? at.loaded / at.total : 0
      request.timeout = performance.now() - began + STILL // a slow line may take its time, as long as it moves
    }
    request.onload = () => {
      const said = parsed(request.responseText)
      if (/[\u9fa6-\u9fff\ud840-\ud8bf]/.test(request.responseText)) draw_rare()
      if (request.status < 300) resolve(said as T)
      else reject(new Problem(said.code || 'http_error', request.status, said.detail || '', after_of(request)))
    }
    request.onerror = request.ontimeout = () => reject(new Problem('offline', 0, ''))
    if (body && !(body instanceof FormData) && !(body instanceof Blob)) {
      request.setRequestHeader('Content-Type', 'application/json')
      request.send(JSON.stringify(body))
    } else request.send(body as FormData | Blob | null)
  })
}

const after_of = (request: XMLHttpRequest) => 1000 * (Number(request.getResponseHeader('Retry-After')) || 0)

function parsed(text: string): any {
  try {
    return JSON.parse(text)
  } catch (_) {
    return {}
  }
}

/** Waits; shorter when the phone says that it is online again. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      window.removeEventListener('online', over)
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(over, ms)
    window.addEventListener('online', over)
  })
}

/** From now on characters for which the phone has no glyph are drawn with our own font, fetched slice by slice. */
export function draw_rare(): void {
  if (document.getElementById('rare')) return
  const sheet = document.createElement('link')
  sheet.id = 'rare'
  sheet.rel = 'stylesheet'
  sheet.href = asset('characters/rare.css')
  document.head.appendChild(sheet)
}

function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
