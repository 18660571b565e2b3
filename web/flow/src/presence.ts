// Two clocks that have nothing to do with each other. Absence is what the server saw, and goes by when the frames were
// taken in which it saw nobody; silence is that it does not answer, and goes by when it should have. Pure: times are
// arguments, ms of one clock.

const GONE = 2500 // ms from the first frame without a face to the last, with none between that shows one
const OFTEN = 3 // and so many such frames: one or two may be a slip of the detector's
const SILENT = 3000 // ms without an answer, after which the person is told
const BLIND = 8000 // … and after which it goes on without hints

/** Whether somebody is in front of the camera, as far as the server has seen since `began`. */
export class Presence {
  private seen: number
  private missed: number[] = []

  constructor(private began: number) {
    this.seen = began
  }

  /** An answer, in whatever order they come. `faces`: how many the frame shows; undefined: nobody has looked. */
  hear(faces: number | undefined, takenAt: number): void {
    if (faces === undefined || takenAt < this.began) return
    if (faces) this.seen = Math.max(this.seen, takenAt)
    else this.missed.push(takenAt)
    this.missed = this.missed.filter((at) => at > this.seen)
  }

  gone(): boolean {
    const { missed } = this
    return missed.length >= OFTEN && Math.max(...missed) - Math.min(...missed) >= GONE
  }
}

/** For how long the server has owed an answer. Where nothing was asked, nothing is owed. */
export class Silence {
  private since = 0

  ask(now: number): void {
    this.since = this.since || now
  }

  /** An answer came; `more`: others are still to come. */
  hear(now: number, more: boolean): void {
    this.since = more ? now : 0
  }

  silent(now: number): boolean {
    return this.lasts(now) > SILENT
  }

  blind(now: number): boolean {
    return this.lasts(now) > BLIND
  }

  private lasts(now: number): number {
    return this.since ? now - this.since : 0
  }
}
