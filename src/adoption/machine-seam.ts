/**
 * Where a machine's rows in central meet those that this gateway still has to bring. Pure; create one for each machine.
 *
 * Events that would overlap what central has are left out. A row in central that no gateway would ever close is closed at its
 * own beginning, the last moment that central proves, with a NO_DATA marker behind it. So the rows of the machine tile the
 * time again, and nothing is claimed that nobody saw.
 */
import type { DowntimeAmended, DowntimeOpened } from '../domain/events/downtime.ts'
import { EVENT_VERSION } from '../domain/events/event.ts'
import type { MachineEvent } from '../domain/events/machine.ts'
import type { StatusAmended, StatusOpened } from '../domain/events/status.ts'
import { type Instant, shift, utcMs, utcText } from '../domain/instant.ts'
import { machineOwner, type Owner } from '../domain/owner.ts'
import { NO_DATA, type Status } from '../domain/status.ts'
import { isOpen, type MachineState, newState, type Phase, stopOf } from '../status/state.ts'
import type { LatestRows, StatusInterval, StopInterval } from './latest-rows.ts'

/** Ends by the monotonic clock and beginnings by the wall clock of one and the same history may differ by this much. */
const CLOCK_TOLERANCE_MS = 2_000
const MINUTE_MS = 60_000

/** The fields of a marker row: from here on nothing was seen. */
const MARKER = {
  status: 'available',
  reason: NO_DATA,
  workOrder: null,
  cause: [],
  countedUnseen: null,
  rule: null,
  marks: ['adopted'],
} as const

/** What has to follow the last event of a machine. */
interface Closing {
  readonly events: readonly MachineEvent[]
  /** The machine's state from now on; undefined where the saved one is right. */
  readonly state: MachineState | undefined
}

/** The seam of one machine: take its events in their order, then close it. */
export class MachineSeam {
  readonly #subject: Owner
  readonly #latest: LatestRows
  /** Up to here central says what the machine did, ms since 1970. */
  readonly #coveredMs: number
  /** Rows without an end, so far in the log; those that no event ends are closed here. Markers have no end and are not in it. */
  readonly #openRows = new Map<string, StatusInterval>()
  readonly #openStops = new Map<string, StopInterval>()
  /** Moments at which the log itself begins a row just where a marker would be put behind an open one: none is put there. */
  readonly #taken = new Set<string>()
  #newest: StatusInterval | undefined

  constructor(machine: string, latest: LatestRows) {
    const { status, downtime } = latest
    this.#subject = machineOwner(machine)
    this.#latest = latest
    this.#coveredMs = status ? coveredUntilMs(status) : Number.NEGATIVE_INFINITY
    this.#newest = status
    if (status?.ended === null && status.reason !== NO_DATA) this.#openRows.set(status.at, status)
    if (downtime?.isOpen) this.#openStops.set(downtime.at, downtime)
  }

  /** Takes the next event of the machine, in order. False: it must be left out. */
  take(event: MachineEvent): boolean {
    switch (event.kind) {
      case 'status.opened':
        return this.#open(event)
      case 'status.amended':
        return this.#amend(event)
      case 'downtime.opened':
        return this.#openStop(event)
      case 'downtime.amended':
        return this.#amendStop(event)
    }
  }

  /** What has to follow the last event, given what the machine's saved state says. */
  close(local: MachineState | undefined, now: Instant): Closing {
    const continued = this.#continuedRow(local)
    const stop = continued && local ? stopOf(local.phase) : null
    const continuedStop = stop ? utcText(stop.stampMs) : undefined
    const rows = [...this.#openRows.values()].filter(({ at }) => at !== continued)
    const stops = [...this.#openStops.values()].filter(({ at }) => at !== continuedStop)
    const events = [
      ...stops.map((stop) => endOfStop(this.#subject, stop, this.#latest.status)),
      ...rows.flatMap((row) => endOfRow(this.#subject, row, this.#taken)),
    ]
    if (continued !== undefined && local) return { events, state: this.#continuing(local) }
    const newest = this.#newest && afterClosing(this.#newest, rows)
    return { events, state: newest && waiting(local, now, newest, this.#coveredMs) }
  }

  #open(event: StatusOpened): boolean {
    if (!this.#isNewStatus(event.at)) return false
    if (this.#openRows.has(moved(event.at, -1))) this.#taken.add(event.at)
    const row = { ...event, ended: null }
    if (event.reason !== NO_DATA) this.#openRows.set(event.at, row)
    if (!this.#newest || event.at > this.#newest.at) this.#newest = row
    return true
  }

  #amend(event: StatusAmended): boolean {
    const row = this.#openRows.get(event.at)
    if (!row && !this.#isNewStatus(event.at)) return false
    if (event.ended) this.#openRows.delete(event.at)
    else if (row) this.#openRows.set(event.at, { ...row, ...event })
    return true
  }

  #openStop(event: DowntimeOpened): boolean {
    if (!this.#isNewDowntime(event.at)) return false
    this.#openStops.set(event.at, { ...event, isOpen: true })
    return true
  }

  #amendStop(event: DowntimeAmended): boolean {
    const stop = this.#openStops.get(event.at)
    if (!stop && !this.#isNewDowntime(event.at)) return false
    if (event.ended) this.#openStops.delete(event.at)
    else if (stop) this.#openStops.set(event.at, { ...stop, ...event })
    return true
  }

  #isNewStatus(at: string): boolean {
    const { status } = this.#latest
    return !status || (at > status.at && utcMs(at) >= this.#coveredMs)
  }

  #isNewDowntime(at: string): boolean {
    const { downtime } = this.#latest
    return (!downtime || at > downtime.at) && utcMs(at) >= this.#coveredMs
  }

  /** The row that the machine's state goes on with: the newest one, or one behind it whose opening lies in quarantine. */
  #continuedRow(local: MachineState | undefined): string | undefined {
    const stampMs = local && beginningMs(local.phase)
    if (stampMs === undefined) return undefined
    const at = utcText(stampMs)
    const newest = this.#newest
    if (at !== newest?.at) return !newest || (at > newest.at && this.#isNewStatus(at)) ? at : undefined
    return this.#openRows.has(at) || newest.reason === NO_DATA ? at : undefined
  }

  /** The state that goes on over the seam; undefined where the saved one is right. */
  #continuing(local: MachineState): MachineState | undefined {
    const own = this.#withOwnPieces(local)
    return this.#withOwnStop(own) ?? (own === local ? undefined : own)
  }

  /** What is learnt late is not written into parts of the open row that may not be in central. */
  #withOwnPieces(local: MachineState): MachineState {
    const { phase } = local
    if (!isOpen(phase)) return local
    const pieces = phase.interval.pieces.filter(({ stampMs }) => this.#isNewStatus(utcText(stampMs)))
    if (pieces.length === phase.interval.pieces.length) return local
    return { ...local, phase: { ...phase, interval: { ...phase.interval, pieces } } }
  }

  /** A stop whose downtime began before the seam, and was left out, begins again with the open row. */
  #withOwnStop(local: MachineState): MachineState | undefined {
    const { phase } = local
    if (!isOpen(phase) || !phase.stop) return undefined
    const { stop, interval } = phase
    const startedAt = utcText(stop.stampMs)
    const recorded = this.#openStops.has(startedAt)
    const withStop = (changed: typeof stop) => ({ ...local, phase: { ...phase, stop: changed } })
    if (recorded) return stop.recorded ? undefined : withStop({ ...stop, recorded })
    if (this.#isNewDowntime(startedAt)) return undefined
    return withStop({ ...stop, stampMs: interval.stampMs, since: interval.since, recorded })
  }
}

/** When the open interval or marker began, ms since 1970. */
function beginningMs(phase: Phase): number | undefined {
  if (phase.kind === 'gap') return phase.marker.stampMs
  return isOpen(phase) ? phase.interval.stampMs : undefined
}

/** Closes an open row at its own beginning, with a marker behind it: up to the next row nothing was seen. */
function endOfRow(
  subject: Owner,
  { at, status, ended: _, ...row }: StatusInterval,
  taken: ReadonlySet<string>,
): readonly MachineEvent[] {
  const ended = { durationMs: 0, minutes: 0, marks: ['adopted'] } as const
  const amended: StatusAmended = {
    ...findingsOf(row),
    v: EVENT_VERSION,
    kind: 'status.amended',
    at,
    subject,
    ended,
  }
  const markerAt = moved(at, 1)
  return taken.has(markerAt) ? [amended] : [amended, marker(subject, markerAt, status)]
}

/** What an amendment says again of a row. */
function findingsOf(row: Omit<StatusInterval, 'at' | 'status' | 'ended'>) {
  const { reason, workOrder, cause, countedUnseen, rule, marks, remark } = row
  const findings = { reason, workOrder, cause, countedUnseen, rule, marks }
  return remark === undefined ? findings : { ...findings, remark }
}

function marker(subject: Owner, at: string, previousStatus: Status): StatusOpened {
  return { v: EVENT_VERSION, kind: 'status.opened', at, subject, previousStatus, ...MARKER }
}

function moved(at: string, ms: number): string {
  return utcText(utcMs(at) + ms)
}

/** Ends an open downtime where its machine was last proven to be in it. */
function endOfStop(
  subject: Owner,
  { isOpen: _, ...stop }: StopInterval,
  status: LatestRows['status'],
): DowntimeAmended {
  const startedMs = utcMs(stop.at)
  const endedMs = Math.max(startedMs, status ? utcMs(status.at) : 0)
  const durationMs = endedMs - startedMs
  const minutes = Math.round(durationMs / MINUTE_MS)
  const ended = { at: utcText(endedMs), durationMs, minutes, marks: ['adopted'] } as const
  return { ...stop, v: EVENT_VERSION, kind: 'downtime.amended', subject, ended }
}

/** The newest row once these have been closed, and whether it is still open. */
function afterClosing(newest: StatusInterval, closed: readonly StatusInterval[]): StatusInterval {
  if (!closed.some(({ at }) => at === newest.at)) return newest
  return { ...MARKER, at: moved(newest.at, 1), ended: null }
}

/** A state in which the machine waits to be seen, and its next row begins behind everything that central has. */
function waiting(
  local: MachineState | undefined,
  now: Instant,
  newest: StatusInterval,
  coveredMs: number,
): MachineState {
  const newestMs = utcMs(newest.at)
  const lastStampMs = Math.max(newestMs, Math.ceil(coveredMs) - 1)
  const phase: Phase =
    newest.reason === NO_DATA
      ? { kind: 'gap', marker: { stampMs: newestMs, since: shift(now, newestMs - now.wallMs) } }
      : { kind: 'unknown', unsettled: null }
  return { ...newState(), ...local, phase, lastSeen: null, lastStampMs }
}

/** Where the newest row of central ends, as far as it says; an open one covers nothing but its own beginning. */
function coveredUntilMs({ at, ended }: StatusInterval): number {
  const beganMs = utcMs(at)
  return ended ? Math.max(beganMs, beganMs + ended.durationMs - CLOCK_TOLERANCE_MS) : beganMs
}
