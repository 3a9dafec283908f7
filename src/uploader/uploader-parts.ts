/** What an uploader is given: the log, the route, and whatever it may not fetch itself because it also runs under simulated time. */
import type { Route } from '../domain/destination.ts'
import type { Outbox } from '../domain/outbox.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { AskReport } from './self-reports.ts'

/** What the uploader of one route works with. */
export interface UploaderParts {
  readonly outbox: Outbox
  /** Where the events go; its name is its cursor's in the outbox. */
  readonly route: Route
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
  /** How long a stop may wait for the destination. */
  readonly budget: Pick<StopBudget, 'leftMs'>
  /** What the gateway says of itself to the destination; absent where it says nothing there. */
  readonly report?: AskReport
  /** Events that are read and sent at a time, where it is not the usual number. */
  readonly pageRows?: number
}
