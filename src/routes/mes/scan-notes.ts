/**
 * The column `notes` of a scan:
 * `scanner=ST-12; aim=]C1; machine=PRESS-07; wo=WO-1001; fields=01:09501101530003,10:LOT42; rule=3f9a; gs_lost`
 *
 * Its first part names the station, and the row is found again by it. What is learnt later comes behind everything else.
 */
import type { Scan, ScanUndone } from '../../domain/events/scan.ts'
import { ownerCode } from '../../domain/owner.ts'

const SEPARATOR = '; '
/** Notes are read in lists. What is longer, in characters, ends with three dots; the whole code is in a column of its own. */
const VALUE_MAX = 80
const FIELDS_MAX = 400
/** In characters that every encoding has: a code that central can hold must not be refused for what is said about it. */
const ELLIPSIS = '...'

/** The first part of the notes of every scan of a station. */
export function scannerNote(station: string): string {
  return `scanner=${escaped(station)}`
}

/** @param undone that it was taken back, where that is known already */
export function scanNotes(scan: Scan, undone: ScanUndone | null): string {
  const { subject, aimId, machine, workOrder, fields, rule, marks } = scan
  const parts = [
    scannerNote(ownerCode(subject)),
    noted('aim', aimId && short(aimId)),
    noted('machine', machine && short(machine)),
    noted('wo', workOrder && short(workOrder)),
    noted('fields', fieldsText(fields)),
    noted('rule', rule && short(rule)),
    ...marks.map(escaped),
  ]
  const text = parts.filter((part) => part !== undefined && part !== '').join(SEPARATOR)
  return undone ? text + undoneNote(undone) : text
}

/** What is added to the notes of a scan that was taken back. */
export function undoneNote({ undoneAt, operator }: ScanUndone): string {
  return `${SEPARATOR}undone=${escaped(undoneAt)}${SEPARATOR}undone_by=${operator}`
}

function noted(name: string, value: string | null): string | undefined {
  return value === null || value === '' ? undefined : `${name}=${value}`
}

function fieldsText(fields: Scan['fields']): string {
  let text = ''
  for (const [name, value] of Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1))) {
    const next = `${short(name)}:${short(value)}`
    if (text.length + next.length > FIELDS_MAX) return `${text}${ELLIPSIS}`
    text += text === '' ? next : `,${next}`
  }
  return text
}

function short(text: string): string {
  const characters = [...text]
  const isLong = characters.length > VALUE_MAX
  return escaped(isLong ? characters.slice(0, VALUE_MAX).join('') + ELLIPSIS : text)
}

/** What separates, and what nobody can see, is written as its code: `\x3b`, `\x1d`. Different texts stay different. */
function escaped(text: string): string {
  return text.replaceAll(/[\\;,]|\p{Cc}/gu, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
