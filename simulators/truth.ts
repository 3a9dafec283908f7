/**
 * The ground truth: what really happened, one JSON object a line, in central's words and UTC milliseconds.
 *
 * A line is on disk before clients can see its change, because it is written synchronously (O_SYNC). So a gateway can never
 * have recorded a change that is missing here. The gateway never reads this file.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Meaning } from './day.ts'
import type { Fault } from './scenario.ts'

export interface StatusTruth extends Meaning {
  readonly at: string
  readonly machine: string
  readonly event: 'status'
  /** Set where no client could see this change when it happened, because a fault hid the machine. */
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

/** Appends to a file, which is created where missing. Without a file nothing is written. */
export function openTruth(file: string | undefined): Truth {
  if (file === undefined) return { write: () => {}, close: () => {} }
  const descriptor = openSync(file, 'as')
  return {
    write: (line) => void writeSync(descriptor, `${JSON.stringify(line)}\n`),
    close: () => closeSync(descriptor),
  }
}

/** Writes one machine's part of the truth. It remembers the present status, so that it can write a stop once that has ended. */
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
