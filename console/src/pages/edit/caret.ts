/** Places in a text: offsets as a text area counts them, lines and columns as the gateway does, from 1. */

export interface TextPlace {
  readonly line: number
  readonly column: number
}

export function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - start + 1 }
}

/** Of a place behind the end of its line: that end. */
export function offsetOf(text: string, { line, column }: TextPlace): number {
  const lines = text.split('\n')
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
  return Math.min(text.length, start + Math.min(column - 1, lines[line - 1]?.length ?? 0))
}

/** The word that begins at a place, without the quotes around it. */
export function wordAt(text: string, place: TextPlace): { readonly from: number; readonly to: number } {
  const offset = offsetOf(text, place)
  const from = /["']/.test(text[offset] ?? '') ? offset + 1 : offset
  const length = /^[^\s,:{}[\]"'#]*/.exec(text.slice(from))?.[0].length ?? 0
  return { from, to: from + length }
}

/**
 * Types a text in place of a range, as by the keyboard, so that the browser can undo it. The old command is the only way to that, and every
 * browser has it.
 */
export function typeInto(area: HTMLTextAreaElement, text: string, from: number, to: number): void {
  area.focus()
  area.setSelectionRange(from, to)
  const isDone =
    text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text)
  if (isDone || (text === '' && from === to)) return
  area.setRangeText(text, from, to, 'end')
  area.dispatchEvent(new Event('input', { bubbles: true }))
}
