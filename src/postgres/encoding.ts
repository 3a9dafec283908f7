/**
 * Texts that a database cannot hold. None holds NUL or half a surrogate pair, and one whose encoding is not UTF8 lacks most
 * characters. The quarantine must hold any event all the same, so there such texts are kept escaped, and read back as they were.
 */
import type { Link } from './link.ts'

/** Whether a database holds every character, or only those of an encoding of its own. */
export type Repertoire = 'unicode' | 'limited'

/** Marks a stored value whose texts are escaped. */
const ESCAPED = '#escaped'
/** NUL, and halves of surrogate pairs. */
const HELD_NOWHERE = /\0|\p{Surrogate}/gu
/** Every character that some encoding lacks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII but NUL is meant
const HELD_EVERYWHERE = /^[\x01-\x7f]*$/
const ESCAPE = /\\(?:\\|u([0-9a-f]{4}))/g

/** Asks the server. */
export async function repertoireOf(link: Link): Promise<Repertoire> {
  const { rows } = await link.query<{ encoding: string }>('SELECT getdatabaseencoding() AS encoding')
  // SQL_ASCII keeps whatever bytes come.
  return ['UTF8', 'SQL_ASCII'].includes(rows[0]?.encoding ?? '') ? 'unicode' : 'limited'
}

/** Whether a text can be a parameter of a statement on any server. Others are surely in no table. */
export function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** A text to read, not to be read back: what the database may lack is written as `\\u041f`. */
export function legible(text: string, repertoire: Repertoire): string {
  return isHeld(text, repertoire) ? text : escapeUnits(text, repertoire)
}

/** JSON for a column of the type jsonb. {@link restored} gives back exactly what was given. */
export function storableJson(value: unknown, repertoire: Repertoire): string {
  const json = JSON.stringify(value)
  // JSON.stringify writes a NUL and half a pair as escapes, which jsonb does not take.
  if (isHeld(json, repertoire) && !/\\u(?:0000|d[89a-f])/.test(json)) return json
  const fields = isFields(value) ? value : { payload: json }
  return JSON.stringify({
    ...(everyText(fields, (text) => escapeText(text, repertoire)) as object),
    [ESCAPED]: true,
  })
}

/** What {@link storableJson} was given. */
export function restored(stored: unknown): unknown {
  if (!isFields(stored) || stored[ESCAPED] !== true) return stored
  const { [ESCAPED]: _, ...fields } = stored
  return everyText(fields, unescapeText)
}

/** A text as it stands within what {@link storableJson} has made. */
export function storedText(text: string, repertoire: Repertoire): string {
  return isHeld(text, repertoire) ? text : escapeText(text, repertoire)
}

function isHeld(text: string, repertoire: Repertoire): boolean {
  return repertoire === 'unicode' ? isText(text) : HELD_EVERYWHERE.test(text)
}

function escapeText(text: string, repertoire: Repertoire): string {
  return escapeUnits(text.replaceAll('\\', '\\\\'), repertoire)
}

function escapeUnits(text: string, repertoire: Repertoire): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII but NUL is meant
  const lacking = repertoire === 'unicode' ? HELD_NOWHERE : /[^\x01-\x7f]/g
  return text.replaceAll(lacking, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function unescapeText(text: string): string {
  return text.replaceAll(ESCAPE, (_, unit: string | undefined) =>
    unit === undefined ? '\\' : String.fromCharCode(Number.parseInt(unit, 16)),
  )
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A copy with every text in it changed, names of fields too. */
function everyText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((part) => everyText(part, change))
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [change(name), everyText(part, change)]),
  )
}
