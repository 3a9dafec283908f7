/**
 * Events as they were written before they had a version: columns of the MES schema, with a ready-made text of notes.
 *
 * The notes are taken apart here and nowhere else. Whatever the gateway did not write itself is kept as a remark, so
 * that a route makes the same text of the event as was made then.
 */
import { machineOwner, type Owner } from '../owner.ts'
import type { Category, Status } from '../status.ts'
import { UNASSIGNED } from '../status.ts'
import type { DowntimeAmended, DowntimeOpened } from './downtime.ts'
import { type Ending, EVENT_VERSION, type Evidence, type Mark } from './event.ts'
import type { Fields } from './fields.ts'
import type { StatusAmended, StatusFindings, StatusOpened } from './status.ts'

const MINUTE_MS = 60_000

/** @throws Unreadable */
export function statusOpened0(fields: Fields): StatusOpened {
  const { ended: _, codes: __, ...findings } = parseNotes(fields.text('notes'))
  return {
    v: EVENT_VERSION,
    kind: 'status.opened',
    at: fields.text('changedAt'),
    subject: subjectOf(fields),
    previousStatus: fields.textOrNull('previousStatus') as Status | null,
    status: fields.text('status') as Status,
    reason: fields.textOrNull('reason'),
    workOrder: fields.textOrNull('workOrder'),
    ...findings,
  }
}

/** @throws Unreadable */
export function statusAmended0(fields: Fields): StatusAmended {
  const { ended, codes: _, ...findings } = parseNotes(fields.text('notes'))
  return {
    v: EVENT_VERSION,
    kind: 'status.amended',
    at: fields.text('changedAt'),
    subject: subjectOf(fields),
    reason: fields.textOrNull('reason'),
    workOrder: fields.textOrNull('workOrder'),
    ...findings,
    ended: endingOf(fields.numberOrNull('durationMinutes'), ended),
  }
}

/** @throws Unreadable */
export function downtimeOpened0(fields: Fields): DowntimeOpened {
  return {
    v: EVENT_VERSION,
    kind: 'downtime.opened',
    at: fields.text('startedAt'),
    subject: subjectOf(fields),
    ...downtimeFindings(fields, parseNotes(fields.text('notes'))),
  }
}

/** @throws Unreadable */
export function downtimeAmended0(fields: Fields): DowntimeAmended {
  const notes = parseNotes(fields.text('notes'))
  const endedAt = fields.textOrNull('endedAt')
  const ending = endingOf(fields.numberOrNull('durationMinutes'), notes.ended)
  return {
    v: EVENT_VERSION,
    kind: 'downtime.amended',
    at: fields.text('startedAt'),
    subject: subjectOf(fields),
    ...downtimeFindings(fields, notes),
    ended: ending && endedAt !== null ? { ...ending, at: endedAt } : null,
  }
}

function subjectOf(fields: Fields): Owner {
  return machineOwner(fields.text('machine'))
}

function downtimeFindings(fields: Fields, { codes, rule, remark }: ParsedNotes) {
  const category = fields.textOrNull('category') as Category | null
  const reason = fields.text('reason')
  return {
    reason: reason === UNASSIGNED && category === null ? null : reason,
    category,
    workOrder: fields.textOrNull('workOrder'),
    ...codes,
    rule,
    ...(remark === undefined ? {} : { remark }),
  }
}

function endingOf(minutes: number | null, { durationMs, marks }: ParsedNotes['ended']): Ending | null {
  return minutes === null ? null : { durationMs: durationMs ?? minutes * MINUTE_MS, minutes, marks }
}

/** What a text of notes says. */
export interface ParsedNotes extends StatusFindings {
  readonly codes: { readonly code: string | null; readonly laterCodes: readonly string[] }
  readonly ended: { readonly durationMs: number | undefined; readonly marks: readonly Mark[] }
}

const SEPARATOR = '; '
const MARKS: ReadonlyMap<string, Mark> = new Map([
  ['cont', 'cont'],
  ['clock=stepped', 'clock_stepped'],
  ['end=no_data', 'no_data'],
  ['reconfigured', 'reconfigured'],
  ['end=adopted', 'adopted'],
  ['cause=adopted', 'adopted'],
])

/**
 * Takes a text of notes apart: `cause=state:fault,fault:101; rule=3f9a; cont; dur=12.345s; end=no_data`.
 * A value within the cause may hold anything, also a separator: what follows the cause and is no word of ours belongs to it.
 */
export function parseNotes(notes: string): ParsedNotes {
  const remarks: string[] = []
  const marks: Mark[] = []
  const endMarks: Mark[] = []
  const found = new Map<string, string>()
  let last = ''
  for (const part of notes === '' ? [] : notes.split(SEPARATOR)) {
    const mark = MARKS.get(part)
    const [, name, value] = /^(cause|counted_unseen|rule|code|later|dur)=(.*)$/s.exec(part) ?? []
    if (mark) (found.has('dur') || part.startsWith('end=') ? endMarks : marks).push(mark)
    else if (name !== undefined && value !== undefined && !found.has(name)) found.set(name, value)
    else if (last === 'cause') found.set('cause', `${found.get('cause')}${SEPARATOR}${part}`)
    else remarks.push(part)
    if (mark || name) last = name ?? ''
  }
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(found.get('dur') ?? '')?.[1]
  return {
    cause: evidenceOf(found.get('cause')),
    countedUnseen: Number(found.get('counted_unseen') ?? 0) || null,
    rule: found.get('rule') ?? null,
    marks,
    ...(remarks.length === 0 ? {} : { remark: remarks.join(SEPARATOR) }),
    codes: { code: found.get('code') ?? null, laterCodes: found.get('later')?.split(',') ?? [] },
    ended: {
      durationMs: seconds === undefined ? undefined : Math.round(Number(seconds) * 1_000),
      marks: endMarks,
    },
  }
}

/** `state:fault,fault:101`. A comma within a value does not begin another signal. */
function evidenceOf(text = ''): readonly Evidence[] {
  const evidence: { signal: string; value: string }[] = []
  for (const piece of text === '' ? [] : text.split(',')) {
    const colon = piece.indexOf(':')
    const last = evidence.at(-1)
    if (colon > 0) evidence.push({ signal: piece.slice(0, colon), value: piece.slice(colon + 1) })
    else if (last) last.value += `,${piece}`
    else evidence.push({ signal: piece, value: '' })
  }
  return evidence
}
