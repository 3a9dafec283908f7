/** What `status --json` says of a scanner, and of the badges that are known to all of them. */
import type { Health, ScannerHealth, StationHealth } from '../domain/health.ts'
import { utcText } from '../domain/instant.ts'

/** Other people's programs rely on these names. Moments are UTC texts. */
interface ScannerReport {
  readonly scanner: string
  readonly state: string
  readonly since: string
  readonly error?: string
  /** The port as it was found; null while there is none. */
  readonly where: string | null
  /** What should be known of the port besides. */
  readonly remark?: string
  readonly last_scan: string | null
  readonly last_answer: {
    /** `good`: it is stored; `bad`: it is not; `held`: it waits for what belongs to it. */
    readonly verdict: string
    readonly why: string | null
    readonly at: string
  } | null
  readonly good: number
  readonly bad: number
  /** Answers after more than 150 ms. */
  readonly late: number
  /** Answers that did not reach the scanner. */
  readonly unsent: number
  /** Bytes that were no scan, and why the last ones were none. */
  readonly discarded_bytes: number
  readonly last_discarded: { readonly why: string; readonly at: string } | null
  /** `users.id` of who is badged in; null: nobody. */
  readonly operator: number | null
  /** Scans that wait for what belongs to them: a badge, a work order, the rest of a label. */
  readonly held: number
  /** Work orders that were begun here and not completed. */
  readonly work_orders: readonly { readonly work_order: string; readonly standing: string }[]
  /** What was not stored, by the reason why. */
  readonly refused: readonly { readonly why: string; readonly count: number; readonly last: string }[]
  /** What was remarkable about scans that could be read. It changes nothing of what becomes of them. */
  readonly noticed: readonly { readonly what: string; readonly count: number; readonly last: string }[]
}

/** @param stations of all scanners */
function scannerReport(health: ScannerHealth, stations: readonly StationHealth[]): ScannerReport {
  const {
    scanner,
    state,
    sinceMs,
    error,
    where,
    remark,
    lastScanMs,
    lastAnswer,
    counts,
    noticed,
    lastDiscarded,
  } = health
  const { discardedBytes, ...answers } = counts
  const station = stations.find((one) => one.station === scanner)
  return {
    scanner,
    state,
    since: utcText(sinceMs),
    ...(error === undefined ? {} : { error }),
    where,
    ...(remark === null ? {} : { remark }),
    last_scan: lastScanMs === null ? null : utcText(lastScanMs),
    last_answer: lastAnswer && {
      verdict: lastAnswer.verdict,
      why: lastAnswer.why,
      at: utcText(lastAnswer.atMs),
    },
    ...answers,
    discarded_bytes: discardedBytes,
    last_discarded: lastDiscarded && { why: lastDiscarded.why, at: utcText(lastDiscarded.atMs) },
    operator: station?.operator ?? null,
    held: station?.held ?? 0,
    work_orders: (station?.workOrders ?? []).map(({ workOrder, standing }) => ({
      work_order: workOrder,
      standing,
    })),
    refused: (station?.refused ?? []).map(({ why, count, lastMs }) => ({
      why,
      count,
      last: utcText(lastMs),
    })),
    noticed: noticed.map(({ what, count, lastMs }) => ({ what, count, last: utcText(lastMs) })),
  }
}

/** Of all scanners. */
export interface ScanningReport {
  readonly scanners: readonly ScannerReport[]
  /** The copy of central's badges and codes; null where no station needs it. */
  readonly masterdata: {
    /** When badges were last read from central; null: never. */
    readonly users_read: string | null
  } | null
}

interface ScanningParts {
  readonly scanners: Health<readonly ScannerHealth[]>
  readonly stations: readonly Health<StationHealth>[]
  /** When the badges were last read from central, ms since 1970. */
  readonly usersReadAtMs: number | null
}

export function scanningReport({ scanners, stations, usersReadAtMs }: ScanningParts): ScanningReport {
  const summaries = stations.map(({ summary }) => summary)
  const read = { users_read: usersReadAtMs === null ? null : utcText(usersReadAtMs) }
  return {
    scanners: scanners.summary.map((scanner) => scannerReport(scanner, summaries)),
    masterdata: stations.length === 0 ? null : read,
  }
}
