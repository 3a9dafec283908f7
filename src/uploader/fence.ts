/** What is done at a fence: it is shown, written down at the destination, and looked at again. No event is sent past it. */
import type { DestinationSession } from '../domain/destination.ts'
import { fenceCause, fenceIncident } from './causes.ts'
import { tellLosses } from './losses.ts'
import { isOfAnother } from './resync.ts'
import type { RouteWatch } from './route-watch.ts'
import type { SelfReports } from './self-reports.ts'
import type { SyncOutcome } from './synchronise.ts'
import type { UploaderParts } from './uploader-parts.ts'

/** Between two looks whether a fence is still there. */
const FENCED_LOOK_MS = 30_000

interface FenceTools {
  readonly watch: RouteWatch
  readonly reports: SelfReports
}

/** The fence of one route, there or not. */
export class UploadFence {
  readonly #parts: Pick<UploaderParts, 'outbox' | 'route' | 'clock'>
  readonly #tools: FenceTools
  /** Of which an incident was written at the destination, so that there is one for each fence. */
  #recorded = ''

  constructor(parts: Pick<UploaderParts, 'outbox' | 'route' | 'clock'>, tools: FenceTools) {
    this.#parts = parts
    this.#tools = tools
  }

  /** Shows it, and waits until it is time to look again. @throws DestinationError, StoreError */
  async waitAt(
    { reason, facts }: Extract<SyncOutcome, { kind: 'fenced' }>,
    session: DestinationSession,
    signal: AbortSignal,
  ): Promise<void> {
    const { outbox, route, clock } = this.#parts
    const { watch, reports } = this.#tools
    watch.become('fenced', fenceCause(route.name, reason, facts))
    if (this.#recorded !== reason) {
      // Tried once: where the incident is refused, `status` must go on to show the fence and not that refusal.
      this.#recorded = reason
      const incident = fenceIncident(reason, outbox.identity, facts.head)
      await session.transaction((transaction) => transaction.record(incident))
    }
    if (!isOfAnother(reason)) {
      if (route.must === 'deliver') await tellLosses(session, outbox)
      await reports.offer(session)
    }
    await clock.sleep(FENCED_LOOK_MS, signal)
  }

  /** There is none: the next one gets an incident of its own, also for the same reason. */
  gone(): void {
    this.#recorded = ''
  }
}
