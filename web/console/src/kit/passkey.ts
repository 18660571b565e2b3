// Passkeys: what the browser makes or signs for options of the server's. Rejects with Problem('passkey') when given up.
import { Problem } from '../api'

export interface Options { ceremony: string; publicKey: unknown }
export interface Made { ceremony: string; credential: unknown; label?: string }

/** Whether this browser can; the server says whether its address allows it. */
export const able = (): boolean => typeof PublicKeyCredential !== 'undefined' && 'parseCreationOptionsFromJSON' in PublicKeyCredential

async function asked(options: Options, ask: () => Promise<Credential | null>): Promise<Made> {
  const made = (await ask().catch(() => null)) as PublicKeyCredential | null
  if (!made) throw new Problem('passkey', 0, '')
  return { ceremony: options.ceremony, credential: made.toJSON() }
}
export const make = (options: Options): Promise<Made> => asked(options, () => navigator.credentials.create({
  publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey as PublicKeyCredentialCreationOptionsJSON),
}))
export const sign = (options: Options): Promise<Made> => asked(options, () => navigator.credentials.get({
  publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey as PublicKeyCredentialRequestOptionsJSON),
}))
