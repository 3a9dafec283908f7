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

/** Takes in what was read. @returns whether the machine is released: then what it shows counts again */
export function takeMesStatus(draft: Draft, { status, said }: MesStatusMessage, at: Instant): boolean {
  const { declared } = draft.state.said
  if (said.rowMs !== draft.state.lastStampMs) return false
  if (status === MAINTENANCE && said.status !== MAINTENANCE) {
    declare(draft, { status: MAINTENANCE, reason: SET_IN_MES, operator: null }, null, at)
    return false
  }
  const isSetInMes = declared?.status === MAINTENANCE && declared.operator === null
  if (!isSetInMes || said.status !== MAINTENANCE || status === MAINTENANCE || status === null) return false
  release(draft, at)
  return true
}
