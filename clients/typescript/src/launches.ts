/**
 * The address that your app opens, once, signed so that no other app may (`POST /v1/clients` registers one). `url`: as
 * the API gave it; `of`: the verification's id, or what the answer calls `for`; `version`: of the app that asks.
 */
export async function launched(url: string, of: string, client: string, version: string, secret: string): Promise<string> {
  const nonce = crypto.randomUUID()
  const said = JSON.stringify({ client, version, for: of, until: Math.floor(Date.now() / 1000) + 300, nonce })
  const encoder = new TextEncoder()
  const plain = btoa(String.fromCharCode(...encoder.encode(said)))
  const text = plain.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  const hex = Array.from(mac, (each) => each.toString(16).padStart(2, '0')).join('')
  const [page = '', ...rest] = url.split('#')
  return `${page}${page.includes('?') ? '&' : '?'}launch=${text}.${hex}#${rest.join('#')}`
}
