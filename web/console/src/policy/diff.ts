// Lines of two texts side by side: what is gone, what is new, what stays; long stretches that stay are folded.
export interface Line { kind: 'same' | 'gone' | 'new'; was: number | null; now: number | null; text: string }
const AROUND = 3

/** The shortest way from one text to the other, line by line. */
export function diff(before: string, after: string): Line[] {
  const a = before.split('\n'), b = after.split('\n')
  let top = 0, end = 0
  while (top < a.length && top < b.length && a[top] === b[top]) top += 1
  while (end < a.length - top && end < b.length - top && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  const same = (i: number, j: number): Line => ({ kind: 'same', was: i + 1, now: j + 1, text: a[i]! })
  const lines = Array.from({ length: top }, (_, i) => same(i, i))
  lines.push(...middle(a, b, top, a.length - end, b.length - end))
  for (let i = end; i > 0; i -= 1) lines.push(same(a.length - i, b.length - i))
  return lines
}
function middle(a: string[], b: string[], top: number, aEnd: number, bEnd: number): Line[] {
  const wide = bEnd - top + 1, lengths = new Uint16Array((aEnd - top + 1) * wide)
  const at = (i: number, j: number) => (i - top) * wide + (j - top)
  for (let i = aEnd - 1; i >= top; i -= 1)
    for (let j = bEnd - 1; j >= top; j -= 1)
      lengths[at(i, j)] = a[i] === b[j] ? lengths[at(i + 1, j + 1)]! + 1 : Math.max(lengths[at(i + 1, j)]!, lengths[at(i, j + 1)]!)
  const lines: Line[] = []
  let i = top, j = top
  while (i < aEnd || j < bEnd) {
    if (i < aEnd && j < bEnd && a[i] === b[j]) { lines.push({ kind: 'same', was: i + 1, now: j + 1, text: a[i]! }); i += 1; j += 1 }
    else if (i < aEnd && (j >= bEnd || lengths[at(i + 1, j)]! >= lengths[at(i, j + 1)]!)) { lines.push({ kind: 'gone', was: i + 1, now: null, text: a[i]! }); i += 1 }
    else { lines.push({ kind: 'new', was: null, now: j + 1, text: b[j]! }); j += 1 }
  }
  return lines
}
/** The same with long stretches that stay left out: null stands for each. */
export function folded(lines: Line[]): (Line | null)[] {
  const near = new Set<number>()
  lines.forEach((line, n) => { if (line.kind !== 'same') for (let k = n - AROUND; k <= n + AROUND; k += 1) near.add(k) })
  return lines.flatMap((line, n) => (near.has(n) ? [line] : near.has(n - 1) || (n === 0 && near.size) ? [null] : []))
}
