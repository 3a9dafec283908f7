/**
 * What people set in the MES: a maintenance, which goes on until they end it there, or the machine produces again.
 *
 * The gateway writes the same column. So what stands there is taken for somebody's word only where all rows of the machine have
 * landed, and the gateway itself said another thing last. What it wrote itself never comes back to it as somebody's word.
 */

import type { Instant } from '../../domain/instant.ts'
import { SET_IN_MES } from '../../domain/status.ts'
import type { MesStatusMessage } from '../../domain/subject.ts'
import type { Draft } from '../draft.ts'
import { declare, release } from './declare.ts'

const MAINTENANCE = 'maintenance'

/**
 * Takes in what was read. Where nothing is seen of the machine any more, its last row says that, and the maintenance stands in the MES
 * alone: it is not begun anew there, and goes on once the machine is seen.
 * @returns whether the machine is released: then what it shows counts again
 */
export function takeMesStatus(draft: Draft, { status, said }: MesStatusMessage, at: Instant): boolean {
  const { phase, lastStampMs, said: people } = draft.state
  if (said.rowMs !== lastStampMs || status === null) return false
  const { declared } = people
  const isSetInMes = declared?.status === MAINTENANCE && declared.operator === null
  const isUnseen = isSetInMes && phase.kind === 'gap'
  if (status === MAINTENANCE) {
    if (said.status !== MAINTENANCE && !isUnseen)
      declare(draft, { status: MAINTENANCE, reason: SET_IN_MES, operator: null }, null, at)
    return false
  }
  const isEnded = said.status === MAINTENANCE || (isUnseen && status !== said.status)
  if (!isSetInMes || !isEnded) return false
  release(draft, at)
  return true
}
