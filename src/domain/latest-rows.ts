/** The newest rows of a machine in central, with the fields that events have. */
import type { DowntimeFindings } from './events/downtime.ts'
import type { Ending } from './events/event.ts'
import type { StatusFindings, StatusOpened } from './events/status.ts'

/** An interval of a machine's status. */
export interface StatusInterval
  extends StatusFindings,
    Pick<StatusOpened, 'at' | 'status' | 'reason' | 'workOrder'> {
  /** Null while it is open. */
  readonly ended: Ending | null
}

/** A stop of a machine. */
export interface StopInterval extends DowntimeFindings {
  readonly at: string
  readonly isOpen: boolean
}

/** Of whoever wrote them; absent where central has none. */
export interface LatestRows {
  readonly status?: StatusInterval
  readonly downtime?: StopInterval
}
