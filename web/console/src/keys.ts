// Whether a key press is meant for a field, or belongs to the browser: then it is no command.
export function typing(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat ||
    ['INPUT', 'TEXTAREA', 'SELECT', 'VIDEO'].includes(at.tagName)
}
