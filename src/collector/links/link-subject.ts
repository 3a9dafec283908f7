/**
 * The connections of all devices and scanners as a subject: what comes of them are events of the kind `link`, for routes that take
 * these. No events are made while none does; what is up then is reported to the first that comes.
 *
 * A connection that was reported as up is saved until it is reported as down. So one that was up when the gateway was killed ends with
 * the next start, at the gateway's last sign of life.
 */
import { type ConnectionMessage, LINKS } from '../../domain/connection.ts'
import type { Health } from '../../domain/health.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Message, Remembered, Stall, Subject, Taken, Tick } from '../../domain/subject.ts'
import { ConnectionRecord, type ReportedConnection } from './connection-record.ts'
import { readLinks, savedLinks } from './saved-links.ts'

const KILLED =
  'the gateway ended without a stop: it was killed, or the power failed; until then the connection was up'

/** The codes of what can be wrong with it. */
const LINK_TROUBLES = {
  /** What was saved cannot be read: connections that were up then have no end. */
  unreadable: 'links-state-unreadable',
} as const

const NOTHING: Taken = { events: [] }

/** @param isTaken whether any route takes events of connections now; asked again and again, because routes come and go */
export function linkSubject({ state, aliveAt, now }: Remembered, isTaken: () => boolean): Subject {
  const read = readLinks(state)
  const records = new Map<string, ConnectionRecord>()
  for (const reported of read.kind === 'read' ? read.state : []) {
    const record = recordOf(records, reported, reported)
    record.end(aliveAt ?? reported.connectedAt, KILLED)
  }

  /** Whether something came since the last save: one that was reported as up may have ended while nobody takes events. */
  let isUnsaved = false

  /** Whatever may be reported by now, and what is saved after that. */
  function report(at: Instant): Taken {
    if (!isTaken()) return NOTHING
    const events = [...records.values()].flatMap((record) => record.events(at))
    if (events.length === 0) return NOTHING
    isUnsaved = false
    return { events, state: savedLinks(reportedOf(records)) }
  }

  return {
    owner: LINKS,
    take: (input) => {
      if (isConnection(input)) {
        recordOf(records, input).take(input, isTaken())
        isUnsaved = true
        return report(input.at)
      }
      return isTick(input) ? report(input.at) : NOTHING
    },
    get wakeAtMs() {
      if (!isTaken()) return undefined
      const due = [...records.values()].flatMap(({ dueMs }) => dueMs ?? [])
      return due.length === 0 ? undefined : Math.min(...due)
    },
    get state() {
      return savedLinks(reportedOf(records))
    },
    checkpoint: () => {
      if (!isUnsaved || reportedOf(records).length === 0) return undefined
      isUnsaved = false
      return savedLinks(reportedOf(records))
    },
    health: () => healthOf(read, now),
    retire: () => NOTHING,
  }
}

/** A scanner may have the code of its machine, and then both connections the same name. */
function recordOf(
  records: Map<string, ConnectionRecord>,
  of: Pick<ReportedConnection, 'device' | 'of'>,
  reported: ReportedConnection | null = null,
): ConnectionRecord {
  const name = `${of.of} ${of.device}`
  const record = records.get(name) ?? new ConnectionRecord(of, reported)
  records.set(name, record)
  return record
}

function reportedOf(records: ReadonlyMap<string, ConnectionRecord>): readonly ReportedConnection[] {
  return [...records.values()].flatMap(({ reported }) => reported ?? [])
}

function healthOf(read: ReturnType<typeof readLinks>, since: Instant): Health<undefined> {
  if (read.kind === 'read') return { summary: undefined, troubles: [] }
  const what = `what was saved of the connections to devices cannot be read: ${read.why}`
  const hint = 'connections that were up before this start have no end in routes that take link events'
  return {
    summary: undefined,
    troubles: [{ code: LINK_TROUBLES.unreadable, what, hint, sinceMs: since.wallMs }],
  }
}

function isConnection(input: Message | Tick | Stall): input is ConnectionMessage {
  return input.kind === 'connection'
}

function isTick(input: Message | Tick | Stall): input is Tick {
  return input.kind === 'tick'
}
