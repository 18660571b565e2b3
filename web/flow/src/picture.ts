// Pictures as they are sent: what a box on the page shows of a video, or a file from the gallery made smaller.

const canvas = document.createElement('canvas')
const pen = () => canvas.getContext('2d') as CanvasRenderingContext2D

/** What the person sees of the video in a box of this shape (width / height; 0: all), its longer side at most `side` pixels. */
function drawn(video: HTMLVideoElement, box: number, side: number): HTMLCanvasElement {
  const [wide, high] = [video.videoWidth, video.videoHeight]
  const shape = box || wide / high
  const [width, height] = wide / high > shape ? [high * shape, high] : [wide, wide / shape]
  const scale = Math.min(1, side / Math.max(width, height))
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  pen().drawImage(video, (wide - width) / 2, (high - height) / 2, width, height, 0, 0, canvas.width, canvas.height)
  return canvas
}

export function shot(video: HTMLVideoElement, shape: number, side: number, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    drawn(video, shape, side).toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', quality)
  })
}

/** Whether the picture is black all over: a covered lens, or a camera that gives nothing. */
export function black(video: HTMLVideoElement): boolean {
  const { width, height } = drawn(video, 4 / 3, 16)
  return pen().getImageData(0, 0, width, height).data.every((value, at) => at % 4 === 3 || value < 8)
}

/** A file from the gallery, made smaller where it is very large; whatever cannot be drawn here goes as it is. */
export async function fitting(file: File): Promise<Blob> {
  if (file.size < 2e6) return file
  try {
    const bitmap = await createImageBitmap(file)
    const scale = Math.min(1, 3000 / Math.max(bitmap.width, bitmap.height))
    canvas.width = bitmap.width * scale
    canvas.height = bitmap.height * scale
    pen().drawImage(bitmap, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve) => canvas.toBlob((blob) => resolve(blob || file), 'image/jpeg', 0.9))
  } catch (_) {
    return file
  }
}
