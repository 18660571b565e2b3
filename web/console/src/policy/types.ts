// What the server says of policies.
export interface Wave { at: string; notice_at: string | null; share: number; kinds: string[]; paused: string | null; done: boolean }
export interface Version {
  version: string; state: string; about?: string; waves: Wave[]; can: string[]; approvers?: string[]; proposal?: string | null
  written_by?: string; tried_by?: string | null; proposed_by?: string | null; approved_by?: string | null; ended_by?: string | null
  created_at?: string; tried_at?: string | null; approved_at?: string | null; ended_at?: string | null
}
export interface Hold { reason: string; capabilities: string[]; requirements: string[] }
export interface Row { name: string; value: unknown; default?: unknown; line: number | null }
export interface Rule { name: string; on: string[]; when: string; does: string; hold: Hold | null; signal: string; quiet: string; says: Record<string, string>; line: number | null }
export interface Feature { name: string; value: string; of?: string; on: string | string[]; window: string; by?: string; where?: string; line: number | null }
export interface Form {
  name: string; about: string; limits: Row[]; quotas: Row[]; prices: Row[]; rules: Rule[]; features: Feature[]; notice: Record<string, string>
  capabilities: { name: string; level: string; within_days: number | null; min_age: number; guardian_until: number; hours_until: number; spending_until: number[]; line: number | null }[]
  classes: { name: string; kinds: string[]; level: string; hold: Hold; line: number | null }[]
  require: { kinds: string[]; level: string; verified_since: string | null; hold: Hold; line: number | null } | null
  rings: { days: number; members: number; partners: number; inside_percent: number; does: string; hold: Hold | null; line: number | null } | null
}
export interface Whole extends Version { text: string; form: Form | null; in_force: boolean }
export interface Listed { in_force: string; shipped: string[]; items: Version[] }
export interface Wrong { line: number; column: number; what: string }
interface Said { upheld: number; overturned: number; unknown: number }
export interface Result {
  against: string; since: string; until: string; events: number; asked_to_verify: number
  held: { new: number; no_longer: number; both: number; said: Record<'new' | 'no_longer' | 'both', Said> }
  by_rule: (Said & { rule: string; hits: number; accounts: number; new: number })[]
  by_class: { kind: string; now: number; then: number; new: number }[]
  by_day: { day: string; now: number; then: number }[]
  expected: { authority_calls: number; reviews: number; cents: number }
  examples: { account: string; id: string | null; rule: string; event: string; at: string; values: Record<string, unknown> }[]
}
export interface Trial { id: string; version: string; by: string; state: string; percent: number; since: string; created_at: string; ended_at: string | null; result?: Result | null }
