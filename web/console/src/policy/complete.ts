// What could be written at a place of a policy's text: by the table that it stands in and the key before the cursor.
export interface Words {
  parts: string[]; limits: string[]; requirements: string[]; values: string[]; by: string[]; does: string[]; levels: string[]; capabilities: string[]
  reasons: { code: string; zh?: string; en?: string }[]; events: Record<string, string[]>
}
export interface Option { label: string; detail?: string; type: string }

const ENTRIES: Record<string, string[]> = {
  features: ['value', 'of', 'on', 'window', 'by', 'where', 'before'], rules: ['on', 'when', 'hold', 'does', 'signal', 'quiet', 'says'],
  classes: ['kinds', 'level', 'hold'], require: ['kinds', 'level', 'verified_since', 'hold'], hold: ['reason', 'capabilities', 'requirements'],
}
const plain = (labels: string[], type: string): Option[] => labels.map((label) => ({ label, type }))

/** The table that a line stands in, such as `rules.far`, and its `on`. */
function around(text: string, line: number): { table: string; on: string[] } {
  const lines = text.split('\n')
  let from = line - 1
  while (from >= 0 && !/^\s*\[/.test(lines[from]!)) from -= 1
  const table = /^\s*\[([\w.-]+)\]/.exec(lines[from] || '')?.[1] || ''
  let on = ''
  for (let n = from + 1; n < lines.length && !/^\s*\[/.test(lines[n]!); n += 1) on = /^\s*on\s*=\s*(.+)$/.exec(lines[n]!)?.[1] || on
  return { table, on: on.match(/\w+/g) || [] }
}

/** All that fits where the cursor is; `before` is the line up to it. */
export function options(text: string, line: number, before: string, words: Words, language: 'zh' | 'en'): Option[] {
  if (/^\s*#/.test(before)) return []
  const { table, on } = around(text, line)
  const part = table.split('.')[0]!
  const inside = before.lastIndexOf('{') > before.lastIndexOf('}') ? before.slice(before.lastIndexOf('{')) : before
  const key = /(\w+)\s*=[^=<>!&|]*$/.exec(inside.replace(/==|<=|>=|!=/g, ' '))?.[1] || ''
  const feature = (): Option[] => [...text.matchAll(/^\[features\.(\w+)\]/gm)].map((found) => ({ label: found[1]!, type: 'variable' }))
  const facts = (): Option[] => plain([...new Set((on.length ? on : Object.keys(words.events)).flatMap((type) => words.events[type] || []))].sort(), 'property')
  if (/^\s*\[\w*$/.test(before)) return plain(words.parts, 'keyword')
  switch (key) {
    case 'on': return plain(Object.keys(words.events), 'enum')
    case 'reason': return words.reasons.map((one) => ({ label: one.code, detail: one[language], type: 'constant' }))
    case 'requirements': return [...plain(words.requirements, 'constant'), ...words.levels.filter((one) => one !== 'none').map((one) => ({ label: `verify:${one}`, type: 'constant' }))]
    case 'capabilities': return plain(words.capabilities, 'constant')
    case 'level': return plain(words.levels, 'constant')
    case 'value': return plain(words.values, 'constant')
    case 'by': return plain(words.by, 'constant')
    case 'does': return plain(words.does, 'constant')
    case 'of': return facts()
    case 'when': return [...feature(), ...facts()]
    case 'where': return facts()
  }
  if (/^\s*hold\s*=\s*\{/.test(before)) return plain(ENTRIES.hold!, 'property')
  if (!/^\s*\w*$/.test(before)) return []
  return part === 'limits' ? plain(words.limits, 'property') : part === 'capabilities' ? plain(words.capabilities, 'property') : plain(ENTRIES[part] || (table ? [] : ['name', 'about']), 'property')
}
