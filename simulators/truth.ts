/**
 * The ground truth: what really happened, one JSON object a line, in central's words and UTC milliseconds.
 *
 * A line is on disk before clients can see its change, because it is written synchronously (O_SYNC). So a gateway can never
 * have recorded a change that is missing here. The gateway never reads this file.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Meaning } from './day.ts'
import type { Fault } from './scenario.ts'
import { SimulationError } from './simulation-error.ts'

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

/** A scanner sends a code. */
interface ScanTruth {
  readonly at: string
  readonly scanner: string
  readonly event: 'scan'
  readonly code: string
}

/** A scanner sends a badge. Which one is written nowhere: it is a credential. */
interface BadgeTruth {
  readonly at: string
  readonly scanner: string
  readonly event: 'badge'
}

/** A scanner gets bytes from the gateway: the beep for what it sent last. */
interface BeepTruth {
  readonly at: string
  readonly scanner: string
  readonly event: 'beep'
  /** In hex. */
  readonly bytes: string
}

/** An operator says why a machine stands: the scan that follows. It counts once that scan got its good beep. */
interface ReasonTruth {
  readonly at: string
  readonly scanner: string
  readonly event: 'reason'
  readonly machine: string
  /** When the stop began. */
  readonly started_at: string
  readonly reason: string
  readonly category: string | null
}

/** An operator begins or ends a work order at a machine: the scan that follows. It counts likewise. */
interface OrderTruth {
  readonly at: string
  readonly scanner: string
  readonly event: 'work_order'
  readonly machine: string
  /** Null: the machine works on none from then on. */
  readonly work_order: string | null
}

export type TruthLine =
  | StatusTruth
  | DowntimeTruth
  | FaultTruth
  | ScanTruth
  | BadgeTruth
  | BeepTruth
  | ReasonTruth
  | OrderTruth

export interface TruthLog {
  write(line: TruthLine): void
  close(): void
}

/**
 * Appends to a file, which is created where missing. Without a file nothing is written.
 * @throws SimulationError where it cannot be opened, and later where it cannot be written
 */
export function openTruth(file: string | undefined): TruthLog {
  if (file === undefined) return { write: () => {}, close: () => {} }
  const descriptor = attempt(file, () => openSync(file, 'as'))
  return {
    write: (line) => void attempt(file, () => writeSync(descriptor, `${JSON.stringify(line)}\n`)),
    close: () => closeSync(descriptor),
  }
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    const why = REMEDIES[code]?.(file) ?? code
    throw new SimulationError(`--truth ${file}: it cannot be written: ${why}`, { cause })
  }
}

const REMEDIES: Readonly<Record<string, (file: string) => string>> = {
  ENOENT: (file) => `the folder ${dirname(resolve(file))} does not exist\nmake it first`,
  EISDIR: () => 'that is a folder\nname a file in it',
  ENOTDIR: () => 'a part of its path is a file, and no folder',
  EACCES: () => 'permission denied\nname a file that this user may write',
  EROFS: () => 'the file system is read-only',
  ENOSPC: () => 'the disk is full',
}

/** Writes one machine's part of the truth. It remembers the present status, so that it can write a stop once that has ended. */
export interface MachineRecord {
  enter(meaning: Meaning, atMs: number, hidden: boolean): void
  fault(fault: Fault, atMs: number, untilMs: number): void
}

export function machineRecord(
  truth: TruthLog,
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
