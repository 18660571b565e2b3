// The camera: opening it, saying what is wrong with it, and taking stills and small frames of what the person sees.

export type Facing = 'user' | 'environment'
export type CameraFault = 'denied' | 'missing' | 'in_use' | 'black' | 'none' | 'lost'

/** `lost` is called when the camera goes away by itself. */
export async function open(video: HTMLVideoElement, facing: Facing, lost: () => void): Promise<MediaStream> {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) throw fault('none')
  const size = { width: { ideal: 1920 }, height: { ideal: 1080 } }
  const small = { width: { ideal: 1280 }, height: { ideal: 720 } }
  let stream: MediaStream
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: facing }, ...(facing === 'user' ? small : size) },
    })
  } catch (error) {
    throw fault(cause(error as DOMException))
  }
  stream.getTracks().forEach((track) => { track.onended = lost })
  video.srcObject = stream
  video.muted = true
  await video.play().catch(() => undefined)
  await new Promise<void>((ready) => {
    if (video.videoWidth) ready()
    else video.addEventListener('loadeddata', () => ready(), { once: true })
    setTimeout(ready, 3000)
  })
  return stream
}

export function close(stream: MediaStream | null): void {
  if (stream) stream.getTracks().forEach((track) => track.stop())
}

function fault(code: CameraFault): Error {
  return Object.assign(new Error(code), { code })
}

function cause(error: DOMException): CameraFault {
  if (error.name === 'NotAllowedError' || error.name === 'SecurityError') return 'denied'
  if (error.name === 'NotFoundError' || error.name === 'OverconstrainedError') return 'missing'
  if (error.name === 'NotReadableError' || error.name === 'AbortError') return 'in_use'
  return 'none'
}

const canvas = document.createElement('canvas')

/** What the person sees of the video in a box of this shape (width / height), its longer side at most `side` pixels. */
function drawn(video: HTMLVideoElement, shape: number, side: number): HTMLCanvasElement {
  const [wide, high] = [video.videoWidth, video.videoHeight]
  const [width, height] = wide / high > shape ? [high * shape, high] : [wide, wide / shape]
  const scale = Math.min(1, side / Math.max(width, height))
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D
  pen.drawImage(video, (wide - width) / 2, (high - height) / 2, width, height, 0, 0, canvas.width, canvas.height)
  return canvas
}

export function shot(video: HTMLVideoElement, shape: number, side: number, quality = 0.85): Promise<Blob> {
  return new Promise((resolve, reject) => {
    if (!video.videoWidth) return reject(fault('black'))
    drawn(video, shape, side).toBlob((blob) => (blob ? resolve(blob) : reject(fault('black'))), 'image/jpeg', quality)
  })
}

/** Whether the picture is black all over: a covered lens, or a camera that gives nothing. */
export function black(video: HTMLVideoElement): boolean {
  if (!video.videoWidth) return true
  const { width, height } = drawn(video, 4 / 3, 16)
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D
  return pen.getImageData(0, 0, width, height).data.every((value, at) => at % 4 === 3 || value < 8)
}

/** A file from the gallery, made smaller where it is very large; whatever cannot be drawn here goes as it is. */
export async function fitting(file: File): Promise<Blob> {
  if (file.size < 2e6) return file
  try {
    const bitmap = await createImageBitmap(file)
    const scale = Math.min(1, 3000 / Math.max(bitmap.width, bitmap.height))
    canvas.width = bitmap.width * scale
    canvas.height = bitmap.height * scale
    ;(canvas.getContext('2d') as CanvasRenderingContext2D).drawImage(bitmap, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve) => canvas.toBlob((blob) => resolve(blob || file), 'image/jpeg', 0.9))
  } catch (_) {
    return file
  }
}

/** Frames of a live face with their times. When full, every second one is dropped and the rest goes on half as fast. */
export class Reel {
  frames: { at: number; jpeg: Blob }[] = []
  private timer = 0
  private every = 150
  private next = 0

  constructor(private video: HTMLVideoElement, private began: number, private most = 60) {
    this.timer = window.setInterval(() => this.tick(), 50)
  }

  private tick(): void {
    const at = Math.round(performance.now() - this.began)
    if (at < this.next) return
    this.next = at + this.every
    shot(this.video, 3 / 4, 640, 0.8).then((jpeg) => {
      this.frames.push({ at, jpeg })
      if (this.frames.length < this.most) return
      this.frames = this.frames.filter((_, place) => place % 2 === 0)
      this.every *= 2
    }, () => undefined)
  }

  stop(): { at: number; jpeg: Blob }[] {
    clearInterval(this.timer)
    return this.frames.sort((a, b) => a.at - b.at)
  }
}
