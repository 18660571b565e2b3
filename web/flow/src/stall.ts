// Whether the camera's picture moves, and what to do when it stands still. Pure: time and what was seen are arguments.

export const TICK = 200 // ms between two looks
const LONGEST = 2 * TICK // ms that count between two looks: a busy phone looks late, which says nothing of its camera
const FIRST = 3000 // ms that a cold camera may take to its first frame
const REOPEN = 1000 // ms without a new frame after which the camera is opened once more …
const TELL = 1600 // … and the person is told
const ENOUGH = 3 // frames of a camera opened once more until it counts as moving: some give one and stop again

export class Stall {
  private still = 0
  private frames = 0
  private reopened = false
  private told = false

  constructor(private lookedAt: number) {}

  /** One look. `fresh`: a frame has come since the last; `ended`: none will come any more. Returns what is to be done. */
  look(now: number, fresh: boolean, hidden: boolean, ended: boolean): 'moves' | 'reopen' | 'tell' | '' {
    this.still += Math.min(now - this.lookedAt, LONGEST)
    this.lookedAt = now
    if (fresh) this.frames++
    const moves = fresh && (!this.reopened || this.frames >= ENOUGH)
    if (moves || hidden) { // on a page that is not shown every picture stands still
      this.still = 0
      this.reopened = this.told = false
      return moves ? 'moves' : ''
    }
    if (!this.reopened && (ended || (this.frames && this.still >= REOPEN))) {
      this.reopened = true
      this.frames = 0
      return 'reopen'
    }
    if (this.told || this.still < (this.frames || this.reopened ? TELL : FIRST)) return ''
    this.told = true
    return 'tell'
  }
}
