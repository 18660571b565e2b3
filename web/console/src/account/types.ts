// What the server sends of an account, as far as the console draws it.
import type { Hold } from '../types'

export interface Line { id: string; app: string; ref: string; kind: string; level: string; state: string }
export interface Titled { code: string; zh: string; en: string }
/** A ban or block (or its end) that waits for a second person. */
export interface Ban { id: string; kind: string; ground: { code: string; zh?: string; en?: string }; at: string; by: string; mine: boolean; account?: Line }
export interface Delivery { channel: string; state: string; tries: number; at: string }
/** One thing that happened; what else it has is a matter of its kind. */
export interface Moment {
  id: string; kind: string; at: string; type?: string; device?: string | null; facts?: Record<string, string | number>
  rule?: string; policy?: string; does?: string; values?: Record<string, unknown>; hits?: number; hold?: string | null; state?: string
  source?: string; capabilities?: string[]; requirements?: string[]; codes?: Titled[]; ban?: boolean; open?: boolean; by?: string | null
  verification?: string; round?: number; outcome?: string; role?: string; what?: string; why?: string; about?: string | null
  event?: string; zh?: string; en?: string; read_at?: string | null; deliveries?: Delivery[]; topic?: string; level?: string
}
export interface Page { items: Moment[]; next: string | null }
export interface Link { how: string; what: string | null }
export interface Linked extends Line { standing: string; links: Link[] }
export interface Account {
  account: Line & {
    person: { name: string; number: string } | null; bound: boolean; blocked_for: string | null; document_until: string | null
    verified_elsewhere: { run: string; level: string; at: string | null; by: string } | null
    contacts: { channel: string; address: string; verified: boolean }[]
    created_at: string; verified_at?: string | null; in_person_at?: string | null; cancel_at: string | null
  }
  standing: string; barred: boolean; holds: Hold[]; timeline: Page; linked: { items: Linked[]; more: boolean }; why: string[]
  work: { cases: { id: string; kind: string; state: string; deadline: string }[]; tickets: { id: string; topic: string; state: string }[] }
}
