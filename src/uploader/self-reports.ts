/**
 * Lets the gateway say how it is to a destination that keeps such reports: about once a minute, and soon after something changes.
 * Reports are offered between two batches, and nothing of a gateway's work depends on them.
 */
import type { DestinationSession } from '../domain/destination.ts'
import type { GatewayReport } from '../domain/gateway-report.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

/** The next report is due once the last one is this old. */
const EVERY_MS = 60_000

/** Makes the report. */
export type AskReport = (state: GatewayReport['state']) => Promise<GatewayReport>

interface ReportParts {
  /** The destination, for the log. */
  readonly name: string
  readonly ask: AskReport | undefined
  readonly clock: Clock
  readonly log: Log
}

/** The reports of one gateway to one destination. */
export interface SelfReports {
  /** Reports where it is time to, or something has changed. @throws DestinationError where the link is lost */
  offer(session: DestinationSession): Promise<void>
  /** The last one before a stop. Nothing depends on its arrival. @throws DestinationError where the link is lost */
  farewell(session: DestinationSession): Promise<void>
}

export function createSelfReports({ name, ask, clock, log }: ReportParts): SelfReports {
  let last: { readonly atMs: number; readonly gist: string } | undefined
  /** Why the last report was not written: each reason is logged once, when it is new. */
  let refusal: string | undefined
  const missed = (cause: string | undefined) => {
    if (cause !== undefined && cause !== refusal)
      log.warn(
        { event: 'report-unwritten', cause },
        `${name} gets no reports of this gateway, and its events all the same`,
      )
    refusal = cause
  }
  const made = async (session: DestinationSession, state: GatewayReport['state']) => {
    if (!session.report) return undefined
    // Events must not wait for a report that cannot be made.
    return ask?.(state).catch((error: unknown) => missed(String(error)) as undefined)
  }
  const write = async (session: DestinationSession, report: GatewayReport) =>
    missed(await session.report?.(report, EVERY_MS / 1_000))
  return {
    offer: async (session) => {
      const report = await made(session, 'running')
      if (!report) return
      const { monoMs: atMs } = clock.now()
      const gist = gistOf(report)
      if (last?.gist === gist && atMs - last.atMs < EVERY_MS) return
      last = { atMs, gist }
      await write(session, report)
    },
    farewell: async (session) => {
      const report = await made(session, 'stopped')
      if (report) await write(session, report)
    },
  }
}

/** What is reported at once when it changes. Texts of troubles are not in it, since some of them count seconds. */
function gistOf({ version, mapsHash, machines, troubles }: GatewayReport): string {
  const codes = troubles.map(({ code, device = '' }) => `${code} ${device}`).sort()
  return JSON.stringify([version, mapsHash, machines, codes])
}
