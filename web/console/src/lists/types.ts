// What the server says of bulk actions.
export interface Item { id: string; account: { id: string; ref: string }; rule: string | null; codes: string[]; risk: number; opened_at: string; why: string | null; outcome?: string }
export interface Preview { id: string; items: Item[]; able: number; more: boolean; alone: number; second: boolean }
export interface Bulk { id: string; action: string; ground: string; query: string; to: string | null; asked_by: string; settled_by: string | null; state: string; mine: boolean; at: string; ended_at: string | null; cases: number; counts: Record<string, number>; items?: Item[] }
