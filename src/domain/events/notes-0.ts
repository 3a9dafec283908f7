/**
 * Takes apart a text of notes as version 0 wrote it, and as the column `notes` of the MES still holds it:
 * `cause=state:fault,fault:101; rule=3f9a; cont; dur=12.345s; end=no_data`.
 *
 * Values and codes of a PLC may hold anything, `; rule=x` too. What the gateway itself wrote stands behind them, so a text is
 * read from its end. Nothing changes its place: what is found, written in the same order, is the same text again.
 */
import type { DowntimeFindings } from './downtime.ts'
import type { Evidence, Mark } from './event.ts'
import type { StatusFindings } from './status.ts'

/** Whether a row has ended. Of one that goes on, what looks like an ending is part of a value. */
type RowPhase = 'open' | 'ended'

export interface EndingNotes {
  /** Undefined where the text does not say it. */
  readonly durationMs: number | undefined
  readonly marks: readonly Mark[]
}

interface StatusNotes {
  readonly findings: StatusFindings
  readonly ended: EndingNotes
}

export interface StopNotes {
  readonly findings: Pick<DowntimeFindings, 'code' | 'laterCodes' | 'rule' | 'continues' | 'remark'>
  readonly ended: EndingNotes
}

const SEPARATOR = '; '
const OPENING_MARKS: ReadonlyMap<string, Mark> = new Map([
  ['cont', 'cont'],
  ['clock=stepped', 'clock_stepped'],
  ['cause=adopted', 'adopted'],
])
const ENDING_MARKS: ReadonlyMap<string, Mark> = new Map([
  ['clock=stepped', 'clock_stepped'],
  ['end=no_data', 'no_data'],
  ['reconfigured', 'reconfigured'],
  ['end=unplanned', 'unplanned'],
  ['end=adopted', 'adopted'],
])
const DURATION = /^dur=(\d+(?:\.\d+)?)s$/
const NO_ENDING: EndingNotes = { durationMs: undefined, marks: [] }

export function parseStatusNotes(notes: string, phase: RowPhase): StatusNotes {
  const parts = partsOf(notes)
  const ended = phase === 'ended' ? takeEnding(parts) : NO_ENDING
  const marks = takeMarks(parts, OPENING_MARKS)
  const rule = takeLast(parts, 'rule=')
  const countedUnseen = takeCount(parts)
  const cause = takeFrom(
    parts,
    parts.findIndex((part) => /^cause=[^:,]+:/.test(part)),
  )
  const findings = { cause: parseCause(cause?.slice('cause='.length) ?? ''), countedUnseen, rule, marks }
  return { findings: { ...findings, ...remarkOf(parts) }, ended }
}

export function parseStopNotes(notes: string, phase: RowPhase): StopNotes {
  const parts = partsOf(notes)
  const ended = phase === 'ended' ? takeEnding(parts) : NO_ENDING
  const continues = takeWord(parts, 'continues')
  const rule = takeLast(parts, 'rule=')
  const later = takeFrom(
    parts,
    parts.findLastIndex((part) => part.startsWith('later=')),
  )
  const code = takeFrom(
    parts,
    parts.findIndex((part) => part.startsWith('code=')),
  )
  const laterCodes = later?.slice('later='.length).split(',') ?? []
  const findings = {
    code: code?.slice('code='.length) ?? null,
    laterCodes,
    rule,
    ...(continues && { continues }),
  }
  return { findings: { ...findings, ...remarkOf(parts) }, ended }
}

/** `state:fault,fault:101`. A comma within a value does not begin another signal. */
export function parseCause(text: string): readonly Evidence[] {
  const evidence: { signal: string; value: string }[] = []
  for (const piece of text === '' ? [] : text.split(',')) {
    const colon = piece.indexOf(':')
    const last = evidence.at(-1)
    if (colon > 0) evidence.push({ signal: piece.slice(0, colon), value: piece.slice(colon + 1) })
    else if (last) last.value += `,${piece}`
  }
  return evidence
}

function partsOf(notes: string): string[] {
  return notes === '' ? [] : notes.split(SEPARATOR)
}

function takeEnding(parts: string[]): EndingNotes {
  const marks = takeMarks(parts, ENDING_MARKS)
  const seconds = DURATION.exec(parts.at(-1) ?? '')?.[1]
  if (seconds === undefined) return { durationMs: undefined, marks }
  parts.pop()
  return { durationMs: Math.round(Number(seconds) * 1_000), marks }
}

function takeMarks(parts: string[], known: ReadonlyMap<string, Mark>): readonly Mark[] {
  const marks: Mark[] = []
  for (;;) {
    const mark = known.get(parts.at(-1) ?? '')
    if (!mark) return marks
    parts.pop()
    marks.unshift(mark)
  }
}

function takeLast(parts: string[], beginning: string): string | null {
  if (!parts.at(-1)?.startsWith(beginning)) return null
  return parts.pop()?.slice(beginning.length) ?? null
}

function takeWord(parts: string[], word: string): true | undefined {
  if (parts.at(-1) !== word) return undefined
  parts.pop()
  return true
}

/** Only a number that is written again as it stands there. */
function takeCount(parts: string[]): number | null {
  const text = /^counted_unseen=(.+)$/.exec(parts.at(-1) ?? '')?.[1]
  const count = Number(text)
  if (text === undefined || !(count > 0) || String(count) !== text) return null
  parts.pop()
  return count
}

/** A value with everything behind it, because a value may hold the separator. */
function takeFrom(parts: string[], index: number): string | undefined {
  return index < 0 ? undefined : parts.splice(index).join(SEPARATOR)
}

/** Words that are none of ours, people's own for instance. */
function remarkOf(parts: readonly string[]): { readonly remark?: string } {
  return parts.length === 0 ? {} : { remark: parts.join(SEPARATOR) }
}
