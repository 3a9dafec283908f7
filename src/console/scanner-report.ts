/** What `status --json` says of a scanner. */
import type { ScannerHealth } from '../domain/health.ts'
import { utcText } from '../domain/instant.ts'

/** Other people's programs rely on these names. Moments are UTC texts. */
export interface ScannerReport {
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
  /** Bytes that were no scan. */
  readonly discarded_bytes: number
}

export function scannerReport(health: ScannerHealth): ScannerReport {
  const { scanner, state, sinceMs, error, where, remark, lastScanMs, lastAnswer, counts } = health
  const { discardedBytes, ...answers } = counts
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
  }
}
