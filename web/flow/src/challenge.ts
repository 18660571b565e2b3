// Leading a person through the steps of a challenge, by what the guidance sees; the server alone decides in the end.
import type { Hints } from './guide'

const WIDE = 28 // degrees seen in a guidance frame; a little more than the server asks for
const BACK = 11
const STAY = 350 // ms at the widest, so that the film shows it in more than one frame
const ALONE = 2600 // ms of a step when nothing is heard from the guidance
const LEAST: Record<string, number> = { blink: 1100, mouth: 1200 }
const SHOWN = 1100 // ms that a step is shown at least, however late the one before ended
const RETURN = 900 // ms before the next step in which the face comes back
const SLACK = 900 // ms that a step may be shown late, for somebody who has not looked back yet

export type Stage = 'out' | 'back' | 'over'

/**
 * One step: `out` until what was asked is seen, `back` until the face looks at the camera again, then `over`. One that
 * the guidance does not see takes `least` ms. `next` is when the step after it is due (ms, performance.now()): however
 * slow the guidance is, two turns do not run into one, and none is shown too shortly to be seen.
 */
export class Leading {
  stage: Stage = 'out'
  reach = 0
  private heardAt = 0
  private wideAt = 0

  constructor(
    readonly word: string, readonly began: number, private next = Infinity, private least = LEAST[word],
  ) {}

  /** What the guidance saw in a frame; one taken before this step began, or not looked at, tells nothing about it. */
  hear(said: Hints, now: number, takenAt: number): void {
    if (takenAt < this.began || said.faces === undefined) return
    this.heardAt = now
    if (this.word !== 'left' && this.word !== 'right') return
    if (typeof said.yaw !== 'number') return
    const yaw = said.yaw * (this.word === 'left' ? 1 : -1)
    this.reach = Math.max(this.reach, Math.min(1, Math.max(0, yaw / WIDE)))
    if (yaw >= WIDE) this.wideAt ||= now
    if (this.stage === 'out' && this.wideAt && now - this.wideAt >= STAY) this.stage = 'back'
    else if (this.stage === 'back' && Math.abs(yaw) <= BACK) this.stage = 'over'
  }

  /** What time alone brings about. */
  tick(now: number): void {
    this.wait(now)
    if (this.stage === 'out' && now > Math.max(this.next - RETURN, this.began + SHOWN)) this.stage = 'back'
    if (now >= this.next + SLACK) this.stage = 'over'
  }

  /** Of a step that nobody sees. */
  private wait(now: number): void {
    const on = now - this.began
    const { least } = this
    if (least) this.reach = Math.min(1, on / least)
    else if (now - this.heardAt < 1500) return
    if (on > (least ? least + 500 : ALONE * 2)) this.stage = 'over'
    else if (on > (least || ALONE)) this.stage = 'back'
  }
}
