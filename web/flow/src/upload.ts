// Sending a large file in parts. A lost connection, or a page that was closed, goes on where the server says it stopped.
import { call, is_busy, kept, line, pause, Problem, wait_of } from './api'

const CHUNK = 1 << 20
interface Arrived { id: string; offset: number; size: number }

/** `at`: the address of a path of ours; `begin`: the path where uploads are begun; `name`: what this film is known by. */
export async function send(
  at_: (path: string) => string, begin: string, file: Blob, name: string, told: (share: number) => void,
): Promise<void> {
  let at = await goOn(at_, name, file) || await call<Arrived>('POST', at_(begin), { size: file.size })
  remember(name, at.id)
  for (let turn = 0; at.offset < file.size; ) {
    told(at.offset / file.size)
    try {
      at = await part(at_(`/uploads/${at.id}`), at, file.slice(at.offset, at.offset + CHUNK))
      turn = 0
      line.lost = line.busy = false
    } catch (fault) {
      const { status, code } = fault as Problem
      if (![0, 502, 503, 504].includes(status) && code !== 'wrong_offset' || turn > 60) throw fault
      line.lost = status === 0
      line.busy = is_busy(fault as Problem)
      await pause(wait_of(fault as Problem, turn++))
      at = await call<Arrived>('GET', at_(`/uploads/${at.id}`), null, 60)
    }
  }
  remember(name, '')
}

/** An upload of this very file that was begun before. */
async function goOn(at_: (path: string) => string, name: string, file: Blob): Promise<Arrived | null> {
  try {
    const before = localStorage.getItem(name)
    const at = before ? await call<Arrived>('GET', at_(`/uploads/${before}`)) : null
    return at && at.size === file.size && at.offset < at.size ? at : null
  } catch (_) {
    return null
  }
}

function remember(name: string, id: string): void {
  try {
    if (id) localStorage.setItem(name, id)
    else localStorage.removeItem(name)
  } catch (_) {
    // then it begins anew after the page was closed
  }
}

function part(path: string, at: Arrived, chunk: Blob): Promise<Arrived> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PATCH', path)
    request.timeout = 120000
    request.setRequestHeader('Upload-Offset', String(at.offset))
    request.setRequestHeader('Content-Type', 'application/offset+octet-stream')
    if (kept()) request.setRequestHeader('Authorization', `Bearer ${kept()}`)
    request.onload = () => {
      if (request.status < 300) return resolve(JSON.parse(request.responseText))
      let code = ''
      try { code = JSON.parse(request.responseText).code } catch (_) { /* not ours */ }
      reject(new Problem(code, request.status, ''))
    }
    request.onerror = request.ontimeout = () => reject(new Problem('offline', 0, ''))
    request.send(chunk)
  })
}
