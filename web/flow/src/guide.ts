// Live guidance: small frames go to the server, hints come back. Over a WebSocket; where that fails, by POST.
import { holder, kept } from './api'
import { shot } from './camera'

export type What = 'face' | 'card_front' | 'card_back'
export interface Hints {
  hints?: string[]; rate?: number; dropped?: boolean; unguided?: boolean
  where?: number[] | null; yaw?: number | null; faces?: number; blink?: number; mouth?: number; side?: string
  corners?: [number, number][]
}

const SILENT = 4000 // ms without an answer

/** Sends frames of the video, two under way at most, at the pace that the server allows. Ends with `stop`. */
export class Guide {
  private socket: WebSocket | null = null
  private waiting = 0
  private sent: number[] = [] // when each frame was taken whose answer is still to come, in order
  private rate = 6
  private stopped = false
  private failures = 0

  constructor(
    private video: HTMLVideoElement, private what: What, private shape: number,
    private tell: (hints: Hints, takenAt: number) => void,
  ) {
    this.connect()
    this.beat()
  }

  stop(): void {
    this.stopped = true
    if (this.socket) this.socket.close()
  }

  private connect(): void {
    if (typeof WebSocket === 'undefined') return
    const address = `${location.origin.replace('http', 'ws')}${holder('/guide')}?what=${this.what}`
    const socket = new WebSocket(address)
    socket.onopen = () => { if (kept()) socket.send(kept()); this.socket = socket }
    socket.onmessage = (event) => { this.waiting--; this.heard(JSON.parse(event.data), this.sent.shift() || 0) }
    socket.onerror = () => { this.socket = null }
    socket.onclose = () => this.left()
  }

  /** From here on by POST. */
  private left(): void {
    this.socket = null
    this.waiting = 0
    this.sent = []
  }

  private async beat(): Promise<void> {
    if (this.stopped) return
    setTimeout(() => this.beat(), 1000 / this.rate)
    const now = performance.now()
    if (this.socket && now - this.sent[0]! > SILENT) { // it opened, and carries nothing
      this.socket.onmessage = this.socket.onclose = null
      this.socket.close()
      this.left()
    }
    if (this.waiting >= 2 || document.hidden) return
    this.waiting++
    try {
      const frame = await shot(this.video, this.shape, 320, 0.7)
      if (this.socket && this.socket.readyState === 1) {
        this.socket.send(frame)
        this.sent.push(now)
      } else await this.post(frame, now)
    } catch (_) {
      this.waiting--
      if (++this.failures > 8) this.tell({ unguided: true }, 0)
    }
  }

  private async post(frame: Blob, takenAt: number): Promise<void> {
    const headers = kept() ? { Authorization: `Bearer ${kept()}` } : undefined
    const path = `${holder('/guide')}?what=${this.what}`
    const answer = await fetch(path, { method: 'POST', body: frame, headers, credentials: 'same-origin' })
    if (!answer.ok) throw new Error(String(answer.status))
    this.waiting--
    this.heard(await answer.json(), takenAt)
  }

  private heard(hints: Hints, takenAt: number): void {
    if (hints.rate) this.rate = hints.rate
    this.failures = 0
    if (!this.stopped && !hints.dropped) this.tell(hints, takenAt)
  }
}
