// A camera on a page: opened, watched as long as it is open, opened again when its picture stands still. Every page with
// a camera uses this, so that none shows, or sends, a picture that has stopped without a word.
import { nextTick, onBeforeUnmount, ref } from 'vue'
import { black, shot } from './picture'
import { taking } from './reload'
import { Stall, TICK } from './stall'

export type Facing = 'user' | 'environment'
export type CameraFault = 'denied' | 'missing' | 'in_use' | 'black' | 'none' | 'stopped' | 'waiting'
export interface Taken { at: number; jpeg: Blob } // `at`: ms, performance.now()
const NEXT = 1500 // ms in which the next frame has to come for a picture
export const SLOW = 2000 // ms after which is said that the camera has not been had yet
const BLACK = 1500 // ms from the opening on in which it may be black

/**
 * What the page shows: `bind`, the ref of its element; `moving`, whether it shows a picture that moves; `fault`.
 * `broken` is called when what was seen up to now says nothing of what follows: a gap, or a phone that was turned;
 * `lost` when the camera cannot be had any more.
 */
export function useCamera(facing: Facing, broken: (gap: boolean) => void, lost: () => void) {
  const moving = ref(false)
  const fault = ref<CameraFault | ''>('')
  const torch = ref<boolean | null>(null) // null: this camera has none
  const focuses = ref(false) // at a point that is tapped
  let stream: MediaStream | null = null
  let stall: Stall
  let video: HTMLVideoElement
  let [turn, timer, shown, seen, since, look_dark] = [0, 0, 0, 0, 0, 0]
  const now = () => performance.now()

  /** Before this the page has to show its element, or begin to. */
  async function open(): Promise<void> {
    close()
    fault.value = ''
    taking(true)
    await nextTick()
    if (!(await take())) return
    stall = new Stall(now())
    timer = window.setInterval(look, TICK)
  }

  function bind(element: unknown): void {
    if (!element || element === video) return
    video = element as HTMLVideoElement
    shown = seen = 0
    video.onresize = () => gap(false)
    const count = () => { shown++; again() }
    const again = () => { if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(count) }
    again()
  }

  /** Whether there is a stream now. */
  async function take(): Promise<boolean> {
    const mine = ++turn
    stop()
    const late = window.setTimeout(() => { if (mine === turn && !fault.value) fault.value = 'waiting' }, SLOW)
    const got = await asked(facing)
    clearTimeout(late)
    if (mine === turn && fault.value === 'waiting') fault.value = ''
    if (mine !== turn) { // it was closed meanwhile
      if (typeof got === 'object') end(got)
      return false
    }
    if (typeof got !== 'object') {
      close()
      fault.value = got
      lost()
      return false
    }
    stream = got
    look_dark = now() + BLACK
    const can = able(got)
    torch.value = can.torch ? false : null
    focuses.value = !!can.pointsOfInterest || (can.focusMode || []).includes('single-shot')
    video.srcObject = got
    video.muted = true
    play()
    return true
  }

  const wish = (what: object) => track().applyConstraints({ advanced: [what as MediaTrackConstraintSet] })

  function light(): void {
    torch.value = !torch.value
    wish({ torch: torch.value }).catch(() => { torch.value = null })
  }

  function focus(event: MouseEvent): void {
    if (!focuses.value || !stream) return
    const { left, top, width, height } = video.getBoundingClientRect()
    const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height]
    wish({ pointsOfInterest: [{ x, y }], focusMode: 'single-shot' }).catch(() => { focuses.value = false })
  }

  const play = () => { video.play().catch(() => undefined) }
  const track = () => stream!.getVideoTracks()[0]!

  function look(): void {
    const fresh = seen !== (seen = frames()) && alive()
    if (!fresh && video.paused && !document.hidden) play()
    const deed = stall.look(now(), fresh, document.hidden, !!stream && track().readyState === 'ended')
    if (deed === 'moves') return moves()
    if (!deed) return
    gap(true)
    if (!timer) return // the page has closed it at that
    if (deed === 'reopen') take()
    else fault.value = 'stopped'
  }

  function moves(): void {
    moving.value = true
    if (fault.value === 'stopped') fault.value = ''
    if (now() < look_dark) return
    look_dark = now() + 1000
    fault.value = black(video) ? 'black' : ''
  }

  /** Some phones send black frames while the camera is somebody else's: these are no picture. */
  const alive = () => !!stream && video.videoWidth > 0 && !(track().muted && (!shown || black(video)))

  function gap(real: boolean): void {
    since = now()
    if (real) moving.value = false
    broken(real)
  }

  function hidden(): void {
    if (!timer) return
    if (document.hidden) gap(true)
    else look()
  }

  /** How many frames have been shown, or, in old browsers, something that grows with them. */
  function frames(): number {
    return shown || played(video)
  }

  /** A picture of the next frame: the one that is there could be an old one. Rejects where none comes. */
  async function picture(shape: number, side: number, quality: number): Promise<Taken> {
    const [before, until, mine] = [frames(), now() + NEXT, turn]
    while (frames() === before || !alive()) {
      await new Promise((over) => { setTimeout(over, 30) })
      if (now() > until || mine !== turn) throw new Error('the camera stands still')
    }
    const at = now()
    return { at, jpeg: await shot(video, shape, side, quality) }
  }

  function stop(): void {
    if (stream) end(stream)
    stream = null
  }

  function close(): void {
    turn++
    clearInterval(timer)
    timer = 0
    stop()
    moving.value = false
    taking(false)
  }

  document.addEventListener('visibilitychange', hidden)
  onBeforeUnmount(() => { close(); document.removeEventListener('visibilitychange', hidden) })
  return { bind, moving, fault, open, close, picture, track, since: () => since, torch, light, focuses, focus }
}

/** How many frames an element has played, or, in old browsers, something that grows with them. */
export function played(video: HTMLVideoElement): number {
  return (video.getVideoPlaybackQuality && video.getVideoPlaybackQuality().totalVideoFrames) || video.currentTime
}

export async function asked(facing: Facing): Promise<MediaStream | CameraFault> {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return 'none'
  const [width, height] = facing === 'user' ? [1280, 720] : [1920, 1080]
  const video = { facingMode: { ideal: facing }, width: { ideal: width }, height: { ideal: height } }
  return navigator.mediaDevices.getUserMedia({ audio: false, video }).catch((error) => FAULTS[error.name] || 'none')
}

/** What else the camera can do; old browsers do not say. */
interface Able { torch?: boolean; focusMode?: string[]; pointsOfInterest?: unknown }
function able(stream: MediaStream): Able {
  const track = stream.getVideoTracks()[0]
  return track && track.getCapabilities ? (track.getCapabilities() as Able) : {}
}

const end = (stream: MediaStream) => stream.getTracks().forEach((track) => track.stop())

const FAULTS: Record<string, CameraFault> = {
  NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', OverconstrainedError: 'missing',
  NotReadableError: 'in_use', AbortError: 'in_use',
}

/** Frames of a live face with their times. When full, every second one is dropped and the rest goes on half as fast. */
export class Reel {
  frames: Taken[] = []
  private timer = 0
  private every = 150
  private next = 0
  private busy = false

  constructor(private take: () => Promise<Taken>, private began: number, private most = 60) {
    this.timer = window.setInterval(() => this.tick(), 50)
  }

  private async tick(): Promise<void> {
    const now = performance.now() - this.began
    if (this.busy || now < this.next) return
    this.busy = true
    this.next = now + this.every
    await this.take().then(({ at, jpeg }) => this.frames.push({ at: Math.round(at - this.began), jpeg }), () => undefined)
    this.busy = false
    if (this.frames.length < this.most) return
    this.frames = this.frames.filter((_, place) => place % 2 === 0)
    this.every *= 2
  }

  stop(): Taken[] {
    clearInterval(this.timer)
    return this.frames
  }
}
