/** The connections that were reported as up and not yet as down, as they are saved. */
import type { Fields } from '../../domain/events/fields.ts'
import { parseOwner } from '../../domain/owner.ts'
import { instant, readSavedState, type StateRead } from '../../domain/saved-state.ts'
import type { ReportedConnection } from './connection-record.ts'

/** Version 1. */
interface SavedLinks {
  readonly v: 1
  readonly reported: readonly ReportedConnection[]
}

/** What is saved of them. */
export function savedLinks(reported: readonly ReportedConnection[]): SavedLinks {
  return { v: 1, reported }
}

/** Never throws. Undefined stands for a gateway that never saved any. */
export function readLinks(saved: unknown): StateRead<readonly ReportedConnection[]> {
  if (saved === undefined) return { kind: 'read', state: [] }
  return readSavedState(saved, (fields) => {
    if (fields.v !== 1) fields.refuseVersion(1)
    return fields.groups('reported').map(reportedConnection)
  })
}

function reportedConnection(fields: Fields): ReportedConnection {
  const ended = fields.groupOrNull('ended')
  return {
    device: fields.text('device'),
    of: parseOwner(fields.text('of')) ?? fields.refuse('of', 'an owner such as machine:CODE'),
    connectedAt: instant(fields, 'connectedAt'),
    ended: ended ? { at: instant(ended, 'at'), cause: ended.text('cause') } : null,
  }
}
