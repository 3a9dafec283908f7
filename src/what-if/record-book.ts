/** The rows that come of a replay, put together as central has them, with what was open when it began. */
import type { MachineEvent } from '../domain/events/machine.ts'
import { utcText } from '../domain/instant.ts'
import { NO_DATA } from '../domain/status.ts'
import {
  afterDowntimeEvent,
  afterStatusEvent,
  type DowntimeRecord,
  type StatusRecord,
} from '../history/records.ts'
import { shownReason, shownStatus } from '../status/rows/shown.ts'
import { type MachineState, type OpenInterval, type OpenStop, stopOf } from '../status/state.ts'

/** No event of the log is behind what is replayed. */
const NO_SEQ = 0

/** One for each replay. */
export class RecordBook {
  readonly #statuses = new Map<string, StatusRecord>()
  readonly #downtimes = new Map<string, DowntimeRecord>()

  /** What was open at a moment, of which the replay has not seen the beginning. */
  knowOpen({ phase }: MachineState): void {
    if (phase.kind === 'gap') this.#knowStatus(markerRecord(phase.marker.stampMs))
    if (phase.kind === 'seen' || phase.kind === 'hold') this.#knowStatus(intervalRecord(phase.interval))
    const stop = stopOf(phase)
    if (stop?.recorded && (phase.kind === 'seen' || phase.kind === 'hold'))
      this.#knowDowntime(stopRecord(stop, phase.interval))
  }

  add(events: readonly MachineEvent[]): void {
    for (const event of events) {
      const { at, kind } = event
      if (kind === 'status.opened' || kind === 'status.amended')
        this.#statuses.set(at, afterStatusEvent(this.#statuses.get(at), event, NO_SEQ))
      else this.#downtimes.set(at, afterDowntimeEvent(this.#downtimes.get(at), event, NO_SEQ))
    }
  }

  /** In the order of time. */
  get statuses(): readonly StatusRecord[] {
    return [...this.#statuses.values()].toSorted(byStamp)
  }

  get downtimes(): readonly DowntimeRecord[] {
    return [...this.#downtimes.values()].toSorted(byStamp)
  }

  #knowStatus(record: StatusRecord): void {
    if (!this.#statuses.has(record.at)) this.#statuses.set(record.at, record)
  }

  #knowDowntime(record: DowntimeRecord): void {
    if (!this.#downtimes.has(record.at)) this.#downtimes.set(record.at, record)
  }
}

function byStamp(one: { readonly at: string }, other: { readonly at: string }): number {
  return one.at < other.at ? -1 : one.at > other.at ? 1 : 0
}

const NOTHING_FOUND = { cause: [], countedUnseen: null, rule: null, marks: [] } as const

function markerRecord(stampMs: number): StatusRecord {
  return { ...begun(stampMs), status: 'available', reason: NO_DATA, workOrder: null, ...NOTHING_FOUND }
}

function intervalRecord(interval: OpenInterval): StatusRecord {
  const { stampMs, workOrder, findings } = interval
  return {
    ...begun(stampMs),
    status: shownStatus(interval),
    reason: shownReason(interval).code,
    workOrder,
    ...findings,
  }
}

function begun(stampMs: number) {
  const at = utcText(stampMs)
  return { kind: 'status', at, lastSeq: NO_SEQ, previousStatus: null, ended: null } as const
}

function stopRecord({ stampMs, workOrder }: OpenStop, { reason }: OpenInterval): DowntimeRecord {
  const { code, category, shown, later } = reason
  const at = utcText(stampMs)
  return {
    ...{ kind: 'downtime', at, lastSeq: NO_SEQ, ended: null, workOrder, rule: null },
    ...{ reason: code, category, code: shown, laterCodes: later },
  }
}
