// The editor of policy drafts, a file of its own (editor.js) that is loaded when somebody begins to edit: CodeMirror,
// with TOML's colours and completion of what a policy can say. It stands in a shadow tree, whose style sheets need no
// exception of the page's Content-Security-Policy.
import { autocompletion, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { toml } from '@codemirror/legacy-modes/mode/toml'
import { EditorState, StateEffect, StateField } from '@codemirror/state'
import { Decoration, EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers, type DecorationSet } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { options, type Words } from './complete'

export interface Editor { set: (text: string) => void; wrong: (line: number | null) => void; there: (line: number, column: number) => void; focus: () => void; destroy: () => void }
interface Given { host: HTMLElement; text: string; label: string; words: Words; language: 'zh' | 'en'; changed: (text: string) => void; save: () => void }

const mark = StateEffect.define<number | null>()
const bad = Decoration.line({ class: 'cm-bad' })
const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, change) {
    let now = before.map(change.changes)
    for (const effect of change.effects) if (effect.is(mark)) {
      const line = effect.value
      now = line && line <= change.state.doc.lines ? Decoration.set(bad.range(change.state.doc.line(line).from)) : Decoration.none
    }
    return now
  },
  provide: (field) => EditorView.decorations.from(field),
})
const colours = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--quiet)' }, { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.atom], color: 'var(--warn)' }, { tag: [tags.propertyName, tags.variableName], color: 'var(--refer)' },
  { tag: tags.bracket, color: 'var(--quiet)' },
])
const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'var(--ground)', fontSize: '12px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace', lineHeight: '20px' },
  '.cm-content': { caretColor: 'var(--ink)' }, '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--wash)', color: 'var(--quiet)', border: '0' }, '.cm-activeLine': { backgroundColor: 'var(--faint)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--chosen) !important' },
  '.cm-bad': { backgroundColor: 'var(--bad-wash)', boxShadow: 'inset 3px 0 var(--bad)' },
  '.cm-tooltip': { backgroundColor: 'var(--paper)', color: 'var(--ink)', border: '1px solid var(--edge)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--blue)', color: 'var(--on-blue)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { maxHeight: 'none', overflow: 'hidden' },
  '.cm-completionDetail': { fontStyle: 'normal', marginLeft: '12px' },
})

/** Put an editor into an element. Tab goes on to the next control; Ctrl-space completes. */
export function mount(given: Given): Editor {
  const root = given.host.shadowRoot || given.host.attachShadow({ mode: 'open' })
  function complete(context: CompletionContext): CompletionResult | null {
    const line = context.state.doc.lineAt(context.pos)
    const word = context.matchBefore(/[\w:]*/)
    const found = options(context.state.doc.toString(), line.number, line.text.slice(0, context.pos - line.from), given.words, given.language)
    if (!found.length || (!context.explicit && word?.from === word?.to)) return null
    return { from: word?.from ?? context.pos, options: found.map((one): Completion => ({ label: one.label, detail: one.detail, type: one.type })), validFor: /^[\w:]*$/ }
  }
  const state = EditorState.create({
    doc: given.text,
    extensions: [
      lineNumbers(), history(), drawSelection(), highlightActiveLine(), StreamLanguage.define(toml), syntaxHighlighting(colours), theme, marked,
      autocompletion({ override: [complete], icons: false, maxRenderedOptions: 12 }), EditorState.phrases.of(given.language === 'zh' ? { Completions: '可以补全的词' } : {}),
      keymap.of([{ key: 'Mod-s', run: () => { given.save(); return true }, preventDefault: true }, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
      EditorView.contentAttributes.of({ 'aria-label': given.label, tabindex: '0', spellcheck: 'false', autocapitalize: 'off' }),
      EditorView.updateListener.of((update) => { if (update.docChanged) given.changed(update.state.doc.toString()) }),
    ],
  })
  const view = new EditorView({ state, parent: root, root })
  return {
    set: (text) => { if (text !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }) },
    wrong: (line) => view.dispatch({ effects: mark.of(line) }),
    there: (line, column) => {
      const at = view.state.doc.line(Math.min(line, view.state.doc.lines))
      const from = Math.min(at.from + column - 1, at.to)
      view.dispatch({ selection: { anchor: from, head: Math.min(from + 1, at.to) }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
      view.focus()
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  }
}
