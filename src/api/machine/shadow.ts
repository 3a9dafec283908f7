/** What a machine in shadow would have written. */
import { type Endpoint, endpoint } from '../../console/endpoint.ts'
import { ApiRefusal } from '../../console/refusal.ts'
import type { MachineEvent } from '../../domain/events/machine.ts'
import { utcText } from '../../domain/instant.ts'
import { machineOwner } from '../../domain/owner.ts'
import { afterDowntimeEvent, afterStatusEvent, type HistoryRecord } from '../../history/records.ts'
import type { Pipeline } from '../../pipeline.ts'
import { isInShadow } from '../../status/shadow-subject.ts'
import { rowsParams } from './row-shapes.ts'
import { foundRow } from './rows.ts'
import { type ShadowOnWire, shadowShape } from './shadow-shapes.ts'

interface ShadowParts {
  readonly pipeline: Pick<Pipeline, 'subjectOf'>
}

export function machineShadowEndpoints(parts: ShadowParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'GET',
      path: '/machines/:machine/shadow',
      role: 'view',
      summary: 'The last rows that a machine in shadow would have written. Refused with 404 for all others.',
      params: rowsParams,
      answer: shadowShape,
      handle: ({ params }) => shadowOf(parts, params.machine),
    }),
  ]
}

function shadowOf({ pipeline }: ShadowParts, machine: string): ShadowOnWire {
  const subject = pipeline.subjectOf(machineOwner(machine))
  if (!isInShadow(subject))
    throw new ApiRefusal(404, 'machine-not-in-shadow', `${machine} is not in shadow here`, {
      hint: 'what it has written stands at /machines/CODE/rows',
    })
  const { sinceMs, unwritten } = subject
  const rows = recordsOf(unwritten).toReversed().map(foundRow)
  return { machine, since: utcText(sinceMs), rows }
}

/** Each row as it is after the last event about it, in the order in which they began. */
function recordsOf(events: readonly MachineEvent[]): readonly HistoryRecord[] {
  const records = new Map<string, HistoryRecord>()
  for (const event of events) {
    const isDowntime = event.kind === 'downtime.opened' || event.kind === 'downtime.amended'
    const key = `${isDowntime ? 'downtime' : 'status'} ${event.at}`
    const before = records.get(key)
    if (isDowntime)
      records.set(key, afterDowntimeEvent(before?.kind === 'downtime' ? before : undefined, event, 0))
    else records.set(key, afterStatusEvent(before?.kind === 'status' ? before : undefined, event, 0))
  }
  return [...records.values()]
}
