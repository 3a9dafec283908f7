/** Values of JSON as texts. Whoever publishes may put anything there, so that nothing here throws or becomes long. */

const SHOWN_MAX = 40

/**
 * A text, a number, a truth value or null as a text; undefined for lists and objects. JavaScript itself would go through all that
 * is in those, to any depth, and call what stands under their key `toString`.
 */
export function plainText(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? undefined : String(value ?? null)
}

/** For people: `"auto"`, `12.5`, `a list`. */
export function shownText(value: unknown): string {
  const text = plainText(value)
  if (text === undefined) return kindOf(value)
  return typeof value === 'string' ? JSON.stringify(shortText(text)) : shortText(text)
}

/** As much of a text as people read. */
export function shortText(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}

/** What a value of JSON is, for people. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return isObject(value) ? 'an object' : `a ${typeof value === 'string' ? 'text' : typeof value}`
}

/** Whether a value of JSON has keys. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
