/** Why scans are not stored, in words for people. */

/** The words stand in `status` beside how often it happened: never anything that was scanned. */
export const SCAN_REFUSALS = {
  no_operator: 'nobody has badged in',
  badge: 'the badge is not valid here',
  badge_late: 'no badge came in time',
  too_many_waiting: 'too many scans wait for a badge',
  order_late: 'no work order came in time for the command',
  reason_late: 'no reason came in time for SPLIT',
  label_late: 'the rest of the label did not come in time',
  label_mixed: 'the part belongs to another label than those before it',
  with_another: 'another scan that waited for the same badge was refused',
  session_over: 'the operator changed or left before it was complete',
  replaced: 'another command was scanned before the work order',
  cancelled: 'it was cancelled before it was complete',
  not_begun: 'the work order was not started here',
  not_at_work: 'nobody works on the work order here',
  not_paused: 'the work order is not paused here',
  order_closed: 'the work order is completed or cancelled',
  no_machine: 'the station has no machine, or its machine has no map here',
  no_stop: 'the machine has no stop that may still get a reason',
  no_new_stop: 'a new stop can only begin while the machine stands still',
  nothing_declared: 'nothing is declared at the machine, and it has no stop',
  nothing_to_undo: 'there is nothing left to take back',
  undo_of_another: 'only who scanned it can take it back',
  undo_of_reason: 'a reason cannot be taken back: scan the right one, which corrects it',
  undo_of_release: 'a release cannot be taken back: scan the reason again that declares the status',
} as const
/** Why a scan is not stored. */
export type ScanRefusal = keyof typeof SCAN_REFUSALS
