/** What a scan with an operator comes to, by what it means. */
import type { ScanCommand } from '../../domain/station-map.ts'
import { isOrderCommand } from './orders.ts'
import { done, type Outcome, type Turn } from './outcome.ts'
import { takePart } from './parts.ts'
import { takeReason, takeRelease, takeSplit } from './reasons.ts'
import { logout } from './session.ts'
import { takeOrderCommand, takeWorkOrder } from './steps.ts'
import { storeScan } from './store-rows.ts'
import { cancel, undo } from './undo.ts'

/** Judges one scan. */
export function judge(turn: Turn): Outcome {
  const { meaning } = turn.scan.code
  switch (meaning.kind) {
    case 'command':
      return judgeCommand(turn, meaning.command)
    case 'work_order':
      return takeWorkOrder(turn, meaning.workOrder)
    case 'downtime_reason':
      return takeReason(turn, meaning)
    case 'part':
      return takePart(turn, meaning)
    case 'no_scan':
      return done(turn.state)
    case 'reference':
    case 'unknown':
      return storeScan(turn)
  }
}

function judgeCommand(turn: Turn, command: ScanCommand): Outcome {
  if (isOrderCommand(command)) return takeOrderCommand(turn, command)
  switch (command) {
    case 'CANCEL':
      return cancel(turn.state, turn.now)
    case 'LOGOUT':
      return logout(turn.state, turn.now)
    case 'UNDO':
      return undo(turn)
    case 'SPLIT':
      return takeSplit(turn)
    case 'OK_TO_RUN':
      return takeRelease(turn)
  }
}
