// What the server sends, as far as the console draws it.
export interface Summary {
  id: string; kind: 'verification' | 'appeal' | 'hold' | 'claim' | 'guardian'; about: string; state: string; codes: string[]; risk: number
  senior: boolean; four_eyes: boolean; assigned: string | null; locked_until: string | null; late: boolean
  opened_at: string; deadline: string; snoozed_until: string | null; account?: { id: string; ref: string }; barred?: boolean
}
export interface Waiting { kind: string; senior: boolean; cases: number; late: number; oldest: string; next_deadline: string }
export interface Field {
  field: string; typed: string | null; card: string | null; authority: string | null; same: boolean | null
  confidence: number | null; doubtful: number[]
}
export interface Edge { between: [string, string]; score: number | null; limit: number | null; source: string; same: boolean | null }
export interface Found {
  check: string; code: string; what: string; piece: string | null; outcome: string; zh: string; en: string
  where: { x: number; y: number; w: number; h: number } | null
}
export interface Picture { piece: string; name: string; url: string }
export interface Turn { asked: string; yaw: number; at_ms: number; followed: boolean; missed: string }
export interface Live { faces: number[]; same_person: number; repeated: number; passive: number | null; turns: Turn[]
  camera: { label: string; width: number; height: number } | null; light: { fit: number; rival: number } | null }
export interface Moment {
  at: string; what: string; piece?: string; round?: number; by?: string; outcome?: string; codes?: string[]; answered?: boolean
}
export interface Earlier { verification: string; round: number; by: string; outcome: string; codes: string[]; at: string }
export interface Other { ref: string; kind: string; state: string; level: string }
export interface Said { title: string; explain: string; remedy: string[]; next: string }
export interface Hold {
  id: string; reason: string; source: string; since: string; ban: boolean; capabilities: string[]; lifted_by: string[]
  requirements: { requirement: string; state: string; zh: unknown; en: unknown }[]; because: Record<string, unknown> | null
  zh: Said; en: Said
}
export interface Past { by: string; verdict: string; ground: string; codes: string[]; state: string; note: string | null; at: string }
export interface Sight { what: string; looked_for: boolean; at_ms: number | null }
export interface Appeal {
  id: string; state: string; facts: Record<string, string>; against: string[]
  seen: Record<string, { codes?: string[]; found?: Record<string, any> }>
  mail_unused?: Record<string, string[]>
}
export interface Claim {
  account: { ref: string; kind: string; level: string; state: string; verified_at: string | null }; verified_with: string | null; holds: Hold[]
}
export interface Guardianship {
  relation: string; asks: string[]; state: string; agreed_at: string | null; anew: boolean
  people: Record<'child' | 'guardian', { name: string; number: string } | null>
}
export interface Case {
  case: Summary; yours: boolean; barred: boolean; account: { id: string; ref: string; kind: string }; rulings: Past[]
  verification?: { id: string; state: string; level: string; face_consent: boolean; round: number; submitted_at: string | null
    attempts: { used: number; of: number } }
  fields?: Field[]; triangle?: Edge[]; findings?: Found[]; live?: Live | null; pictures?: Picture[]; timeline?: Moment[]
  earlier?: Earlier[]; others?: Other[]; holds?: Hold[]; appeal?: Appeal; claim?: Claim; guardian?: Guardianship; why?: Record<string, string>
}
interface Titled { code: string; zh?: string; en?: string }
export interface Raised {
  hold: string; at: string; days: number; values: Record<string, unknown>; rule: { name: string; version: string | null; when: string | null; says: Record<string, string> } | null
  events: { id: string; at: string; type: string; device: string | null; facts: Record<string, unknown>; new_device: boolean; counted: boolean }[]
  record: { days: number; opened: number; open: number; stood: number; cleared: number; upheld: number; overturned: number } | null
  earlier: { id: string; kind: string; at: string; codes: Titled[] }[]
  track: { id: string; at: string; type: string; place: string; latitude: number; longitude: number; km: number | null; kmh: number | null }[]
}
export interface Ground { code: string; verdicts: string[]; zh: string; en: string }
export interface Reason { code: string; outcome: string; redo: string[]; zh: Said; en: Said; appeal_needs: string[] }
