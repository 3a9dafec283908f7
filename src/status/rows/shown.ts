/** What a row says of the interval that it is about. While time is not planned, that is not what the machine shows. */
import type { DerivedStatus } from '../../domain/status.ts'
import { NO_REASON, type OpenInterval, type StopReason } from '../state.ts'

/** The status that its row says. */
export function shownStatus({
  status,
  unplanned,
}: Pick<OpenInterval, 'status' | 'unplanned'>): DerivedStatus {
  return unplanned === null ? status : 'available'
}

/** The reason that its row says. */
export function shownReason({ reason, unplanned }: Pick<OpenInterval, 'reason' | 'unplanned'>): StopReason {
  return unplanned === null ? reason : { ...NO_REASON, code: unplanned }
}
