// What the checker says of a document, in the person's language. Names of the document's own stay as they are.
import { say, t } from '../words'

const KNOWN: [RegExp, string][] = [
  [/^This is not TOML: .*$/, 'no_toml'],
  [/^(?<path>.*?): there is no (?<what>.*?) '(?<given>.*)' — did you mean '(?<close>.*)'\?$/, 'close'],
  [/^(?<path>.*?): there is no (?<what>.*?) '(?<given>.*)'; there are (?<list>.*)\.$/, 'unknown'],
  [/^(?<path>.*?): '(?<given>.*)' is missing\.$/, 'missing'],
  [/^(?<path>.*?): must be (?<kind>text|a whole number|a list|a table|true or false)\.$/, 'kind'],
  [/^(?<path>[\w.]+): .*$/, 'other'],
]
/** The words for a fault; `raw` where only the checker's own English says more. */
export function explained(what: string): { words: string; raw: boolean } {
  for (const [pattern, key] of KNOWN) {
    const found = pattern.exec(what)
    if (!found) continue
    const facts = { ...found.groups } as Record<string, string>
    if (facts.kind) facts.kind = say('checker_kind', facts.kind.replace(/ /g, '_'))
    return { words: t(`checker.${key}`, facts), raw: key === 'no_toml' || key === 'other' }
  }
  return { words: t('checker.somewhere'), raw: true }
}
