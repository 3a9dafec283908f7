/** The two sides of the reconciliation: what the simulators say happened, and what central holds. Times are ms since 1970. */
import type { Mark } from '../../domain/events/event.ts'
import { parseStatusNotes } from '../../domain/events/notes-0.ts'
import { utcMs } from '../../domain/instant.ts'

/** What the simulators wrote down. */
export interface Truth {
  readonly transitions: readonly TrueTransition[]
  /** Ended stops only: one that is still open at the end is known from the transitions. */
  readonly downtimes: readonly TrueDowntime[]
  readonly scans: readonly TrueScan[]
  /** In the order in which operators began and ended them. */
  readonly orders: readonly TrueOrder[]
  /** Stretches in which a fault on command hid a machine. */
  readonly faults: readonly TrueFault[]
}

/** A machine entered a status. */
export interface TrueTransition {
  readonly machine: string
  readonly atMs: number
  readonly status: string
  readonly reason: string | null
  readonly category: string | null
  /** What an operator may have said of it: nobody answered the scan, so it may have been stored or not. */
  readonly perhaps?: Said
}

/** Why a machine stood, in an operator's words. */
interface Said {
  readonly reason: string
  readonly category: string | null
}

/** A stop that is over. */
export interface TrueDowntime {
  readonly machine: string
  readonly startedAtMs: number
  readonly endedAtMs: number
}

/** A code that a scanner sent. */
export interface TrueScan {
  readonly scanner: string
  readonly atMs: number
  readonly code: string
  readonly answer: Heard
}

/** `good`: it must be stored; `bad`: it must not be; `none`: nobody answered, and it may have been stored or not. */
type Heard = 'good' | 'bad' | 'none'

/** From a moment on a machine worked on an order, or on none. */
export interface TrueOrder {
  readonly machine: string
  readonly atMs: number
  readonly workOrder: string | null
  readonly answer: Heard
}

interface TrueFault {
  readonly machine: string
  readonly fromMs: number
  readonly toMs: number
}

/** The rows of one organization, in the order of their ids. */
export interface CentralRows {
  readonly history: readonly HistoryRow[]
  readonly downtimes: readonly DowntimeRow[]
  readonly scans: readonly ScanRow[]
}

/** A row of `machine_status_history`. */
export interface HistoryRow {
  /** Grows in the order in which rows were written. */
  readonly id: number
  readonly machine: string
  readonly changedAtMs: number
  readonly previousStatus: string | null
  readonly status: string
  readonly reason: string | null
  /** Its number. */
  readonly workOrder: string | null
  readonly durationMinutes: number | null
  readonly notes: string
}

/** A row of `downtime_events`. */
export interface DowntimeRow {
  readonly id: number
  readonly machine: string
  readonly startedAtMs: number
  readonly endedAtMs: number | null
  readonly reason: string
  readonly category: string | null
  readonly durationMinutes: number | null
  readonly notes: string
}

/** A row of `qr_code_scans`. */
export interface ScanRow {
  readonly id: number
  readonly atMs: number
  readonly code: string
  readonly type: string
  /** What it was found to be; null: nothing that central knows. */
  readonly reference: string | null
}

interface TruthLine {
  readonly at: string
  readonly event: string
  readonly machine?: string
  readonly status?: string
  readonly reason?: string | null
  readonly category?: string | null
  readonly started_at?: string
  readonly ended_at?: string
  readonly scanner?: string
  readonly code?: string
  readonly bytes?: string
  readonly work_order?: string | null
  readonly fault?: string
  readonly until?: string
}

/** The fault that only makes answers late: it hides nothing. */
const HARMLESS = 'delay'
/** What an operator means by the scan that follows. */
const MEANINGS: readonly string[] = ['reason', 'work_order']
/** What a scanner's map says of its beeps, in hex: `ack: {good: "06", bad: "15"}`. */
const ANSWERS: Readonly<Record<string, Heard>> = { '06': 'good', '15': 'bad' }

/** Reads a ground truth: one JSON object a line. A last line without a line break is still being written and is left out. */
export function parseTruth(text: string): Truth {
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TruthLine)
  const of = (event: string) => lines.filter((line) => line.event === event)
  const answers = answersIn(lines)
  return {
    transitions: of('status').map((line) => withSaid(transitionOf(line), of('reason'), answers)),
    downtimes: of('downtime').map((line) => ({
      machine: line.machine ?? '',
      startedAtMs: utcMs(line.started_at ?? ''),
      endedAtMs: utcMs(line.ended_at ?? ''),
    })),
    scans: of('scan').map((line) => ({
      scanner: line.scanner ?? '',
      atMs: utcMs(line.at),
      code: line.code ?? '',
      answer: answers.get(line) ?? 'none',
    })),
    orders: of('work_order').map((line) => ({
      machine: line.machine ?? '',
      atMs: utcMs(line.at),
      workOrder: line.work_order ?? null,
      answer: answers.get(line) ?? 'none',
    })),
    faults: of('fault')
      .filter((line) => line.fault !== HARMLESS)
      .map((line) => ({
        machine: line.machine ?? '',
        fromMs: utcMs(line.at),
        toMs: utcMs(line.until ?? ''),
      })),
  }
}

function transitionOf(line: TruthLine): TrueTransition {
  const { machine = '', status = '', reason = null, category = null } = line
  return { machine, atMs: utcMs(line.at), status, reason, category }
}

/**
 * How each scan was answered, and each reason and order, which are meant by the scan behind them. A scanner sends nothing before
 * it was answered, or gave up waiting.
 */
function answersIn(lines: readonly TruthLine[]): ReadonlyMap<TruthLine, Heard> {
  const answers = new Map<TruthLine, Heard>()
  const waiting = new Map<string, readonly TruthLine[]>()
  for (const line of lines) {
    const { event, scanner } = line
    if (scanner === undefined) continue
    const before = waiting.get(scanner) ?? []
    if (event === 'beep') {
      const answer = ANSWERS[line.bytes ?? ''] ?? 'none'
      for (const one of before) answers.set(one, answer)
      waiting.delete(scanner)
      continue
    }
    const isMeant = MEANINGS.includes(before.at(-1)?.event ?? '') && !MEANINGS.includes(event)
    waiting.set(scanner, isMeant ? [...before, line] : [line])
  }
  return answers
}

/** Whoever says why a machine stands names the moment in which it stopped. */
function withSaid(
  transition: TrueTransition,
  reasons: readonly TruthLine[],
  answers: ReadonlyMap<TruthLine, Heard>,
): TrueTransition {
  const line = reasons.find(
    ({ machine, started_at = '' }) => machine === transition.machine && utcMs(started_at) === transition.atMs,
  )
  const answer = line && (answers.get(line) ?? 'none')
  if (!line || answer === 'bad') return transition
  const said = { reason: line.reason ?? '', category: line.category ?? null }
  return answer === 'good' ? { ...transition, ...said } : { ...transition, perhaps: said }
}

/** Whether stops of this status become downtime events. A device map may say otherwise; those of the demo do not. */
export function isStop(status: string): boolean {
  return status === 'down' || status === 'setup'
}

/** The exact duration that a row's notes carry, in ms; undefined while the row is open. */
export function exactDurationMs(notes: string): number | undefined {
  return parseStatusNotes(notes, 'ended').ended.durationMs
}

/** Whether a row's notes carry a mark, of its beginning or of its end. */
export function hasMark(notes: string, mark: Mark): boolean {
  const { findings, ended } = parseStatusNotes(notes, 'ended')
  return findings.marks.includes(mark) || ended.marks.includes(mark)
}
