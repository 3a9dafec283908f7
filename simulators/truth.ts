/**
 * The ground truth: what really happened, one JSON object a line, in central's words and UTC milliseconds.
 *
 * A line is on disk before its change can be seen on the wire: writes are synchronous (O_SYNC), so whoever compares
 * never finds a change that the truth does not know. It is never read by the gateway.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Meaning } from './day.ts'
import type { Fault } from './scenario.ts'

export interface StatusTruth extends Meaning {
  readonly at: string
  readonly machine: string
  readonly event: 'status'
  /** Nobody could see this change when it happened, because a fault hid the machine. Absent otherwise. */
  readonly hidden?: true
}

/** A stop in `down` or `setup` that is over. */
export interface DowntimeTruth {
  readonly at: string
  readonly machine: string
  readonly event: 'downtime'
  readonly started_at: string
  readonly ended_at: string
  readonly reason: string | null
  readonly category: string | null
}

/** A fault on command, written when it begins. */
export interface FaultTruth {
  readonly at: string
  readonly machine: string
  readonly event: 'fault'
  readonly fault: Fault
  readonly until: string
}

export type TruthLine = StatusTruth | DowntimeTruth | FaultTruth

export interface Truth {
  write(line: TruthLine): void
  close(): void
}

/** Appends to a file, which is created where it is not there; without a file nothing is kept. */
export function openTruth(file: string | undefined): Truth {
  if (file === undefined) return { write: () => {}, close: () => {} }
  const descriptor = openSync(file, 'as')
  return {
    write: (line) => void writeSync(descriptor, `${JSON.stringify(line)}\n`),
    close: () => closeSync(descriptor),
  }
}

/** The machine's record keeper: knows the open status, so that it can close a downtime when the next one begins. */
export interface MachineRecord {
  enter(meaning: Meaning, atMs: number, hidden: boolean): void
  fault(fault: Fault, atMs: number, untilMs: number): void
}

export function machineRecord(
  truth: Truth,
  machine: string,
  options: { readonly microStopBelowMs: number },
): MachineRecord {
  let open: (Meaning & { readonly sinceMs: number }) | undefined
  const closeDowntime = (atMs: number) => {
    if (!open || !isDowntime(open) || atMs - open.sinceMs < options.microStopBelowMs) return
    const [started_at, ended_at] = [utc(open.sinceMs), utc(atMs)]
    const { reason, category } = open
    truth.write({ at: ended_at, machine, event: 'downtime', started_at, ended_at, reason, category })
  }
  return {
    enter: ({ status, reason, category }, atMs, hidden) => {
      closeDowntime(atMs)
      open = { status, reason, category, sinceMs: atMs }
      const line = { at: utc(atMs), machine, event: 'status', status, reason, category } as const
      truth.write(hidden ? { ...line, hidden } : line)
    },
    fault: (fault, atMs, untilMs) =>
      truth.write({ at: utc(atMs), machine, event: 'fault', fault, until: utc(untilMs) }),
  }
}

function isDowntime({ status }: Meaning): boolean {
  return status === 'down' || status === 'setup'
}

function utc(ms: number): string {
  return new Date(ms).toISOString()
}
