// Live guidance: small frames go to the server, hints come back. Over a WebSocket; where that fails, by POST.
import { holder, kept } from './api'
import type { Taken } from './camera'
import { Silence } from './presence'

export type What = 'face' | 'card_front' | 'card_back'
export interface Hints {
  hints?: string[]; rate?: number; dropped?: boolean; unguided?: boolean
  where?: number[] | null; yaw?: number | null; faces?: number; blink?: number; mouth?: number; side?: string
  corners?: [number, number][]
}

const SILENT = 4000 // ms after which a socket that has not answered is left
const GIVEN_UP = 10000 // ms after which the answer to a POST is no longer waited for
const UNGUIDED = { unguided: true }

/** Sends frames of the camera, two under way at most, at the pace that the server allows. Ends with `stop`. */
export class Guide {
  private socket: WebSocket | null = null
  private sent: number[] = [] // when each frame was taken whose answer is still to come, over the socket in order …
  private posted = 0 // … and how many by POST
  private rate = 6
  private busy = false
  private stopped = false
  private failures = 0
  private silence = new Silence()

  /**
   * `tell`: what a frame shows, and when it was taken (ms, performance.now()); by POST answers come in any order.
   * `quiet`: whether the server owes an answer for so long that people should be told.
   */
  constructor(
    private take: () => Promise<Taken>, private what: What,
    private tell: (hints: Hints, takenAt: number) => void, private quiet: (silent: boolean) => void,
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
    socket.onmessage = (event) => this.heard(JSON.parse(event.data), this.sent.shift() || 0)
    socket.onerror = () => { this.socket = null }
    socket.onclose = () => this.left()
  }

  /** From here on by POST. */
  private left(): void {
    this.socket = null
    this.sent = []
  }

  private beat(): void {
    if (this.stopped) return
    setTimeout(() => this.beat(), 1000 / this.rate)
    const now = performance.now()
    if (this.socket && now - this.sent[0]! > SILENT) { // it opened, and carries nothing
      this.socket.onmessage = this.socket.onclose = null
      this.socket.close()
      this.left()
    }
    if (document.hidden) this.silence = new Silence()
    this.quiet(this.silence.silent(now))
    if (this.silence.blind(now)) this.tell(UNGUIDED, now)
    if (!this.busy && this.sent.length + this.posted < 2 && !document.hidden) this.frame()
  }

  private async frame(): Promise<void> {
    this.busy = true
    const taken = await this.take().catch(() => null) // a camera that stands still has nothing to be looked at
    this.busy = false
    if (!taken || this.stopped) return
    this.silence.ask(taken.at)
    if (this.socket && this.socket.readyState === 1) {
      this.sent.push(taken.at)
      return this.socket.send(taken.jpeg)
    }
    this.posted++
    const answer = await post(`${holder('/guide')}?what=${this.what}`, taken.jpeg)
    this.posted--
    if (answer) this.heard(answer, taken.at)
    else if (++this.failures > 8 && !this.stopped) this.tell(UNGUIDED, taken.at)
  }

  private heard(hints: Hints, takenAt: number): void {
    if (hints.rate) this.rate = hints.rate
    this.failures = 0
    this.silence.hear(performance.now(), this.sent.length + this.posted > 0)
    if (!this.stopped) this.tell(hints, takenAt)
  }
}

/** The answer, or null. One that does not come is given up, so that it keeps no connection from what matters. */
function post(path: string, frame: Blob): Promise<Hints | null> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.timeout = GIVEN_UP
    request.responseType = 'json'
    if (kept()) request.setRequestHeader('Authorization', `Bearer ${kept()}`)
    request.onload = () => resolve(request.status < 300 ? request.response : null)
    request.onerror = request.ontimeout = () => resolve(null)
    request.send(frame)
  })
}
