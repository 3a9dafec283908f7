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
}

/** A stop that is over. */
export interface TrueDowntime {
  readonly machine: string
  readonly startedAtMs: number
  readonly endedAtMs: number
}

interface TrueScan {
  readonly scanner: string
  readonly atMs: number
  readonly code: string
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
  readonly workOrder: number | null
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
  readonly atMs: number
  readonly code: string
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
  readonly fault?: string
  readonly until?: string
}

/** The fault that only makes answers late: it hides nothing. */
const HARMLESS = 'delay'

/** Reads a ground truth: one JSON object a line. A last line without a line break is still being written and is left out. */
export function parseTruth(text: string): Truth {
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TruthLine)
  const of = (event: string) => lines.filter((line) => line.event === event)
  return {
    transitions: of('status').map((line) => ({
      machine: line.machine ?? '',
      atMs: utcMs(line.at),
      status: line.status ?? '',
      reason: line.reason ?? null,
      category: line.category ?? null,
    })),
    downtimes: of('downtime').map((line) => ({
      machine: line.machine ?? '',
      startedAtMs: utcMs(line.started_at ?? ''),
      endedAtMs: utcMs(line.ended_at ?? ''),
    })),
    scans: of('scan').map((line) => ({
      scanner: line.scanner ?? '',
      atMs: utcMs(line.at),
      code: line.code ?? '',
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
