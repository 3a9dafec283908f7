/** Watches a running gateway through its health endpoint, as `status` does: its report, and which machines it sees. */
import { setTimeout as wait } from 'node:timers/promises'
import { askStatus } from '../console/ask-status.ts'
import type { StatusReport } from '../console/report.ts'

const LOOK_EVERY_MS = 150
/** A gateway that does not answer within this is asked again. */
const ANSWER_MAX_MS = 2_000

/** A report, and when it came, ms since 1970. */
export interface TimedReport {
  readonly atMs: number
  readonly report: StatusReport
}

/** Calls back with every answer until the signal is aborted. A gateway that is down is asked again and again. */
export async function watchGateway(
  dataFolder: string,
  onLook: (look: TimedReport) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const report = await askStatus(dataFolder, { maxMs: ANSWER_MAX_MS, signal })
    if (typeof report === 'object' && !signal.aborted) onLook({ atMs: Date.now(), report })
    await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
      // The wait fails only because of the abort, and the loop checks that itself.
    })
  }
}

/** Machines of which the gateway saw every signal that decides their status, at or after a moment. */
export function seenSince({ atMs, report }: TimedReport, sinceMs: number): readonly string[] {
  return report.machines
    .filter(({ data_age_s }) => data_age_s !== null && atMs - data_age_s * 1000 >= sinceMs)
    .map(({ machine }) => machine)
}
