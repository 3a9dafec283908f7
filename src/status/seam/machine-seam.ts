/**
 * Where a machine's rows in central meet those that this gateway still has to bring. Pure; create one for each machine.
 *
 * Events that would overlap what central has are left out. A row in central that no gateway would ever close is closed at its
 * own beginning, the last moment that central proves, with a NO_DATA marker behind it. So the rows of the machine tile the
 * time again, and nothing is claimed that nobody saw. An amendment whose row was lost with a damaged log, or is in another
 * database, is left out as well: there is nothing that it could amend. The row that goes on is opened again out of the saved state.
 */
import type { DowntimeAmended, DowntimeOpened } from '../../domain/events/downtime.ts'
import { EVENT_VERSION, type Event } from '../../domain/events/event.ts'
import type { MachineEvent } from '../../domain/events/machine.ts'
import type { StatusAmended, StatusOpened } from '../../domain/events/status.ts'
import { type Instant, utcMs, utcText } from '../../domain/instant.ts'
import type { LatestRows, StatusInterval, StopInterval } from '../../domain/latest-rows.ts'
import { machineOwner, type Owner } from '../../domain/owner.ts'
import { NO_DATA } from '../../domain/status.ts'
import { isOpen, type MachineState, type OpenInterval, type Phase, stopOf } from '../state.ts'
import {
  afterClosing,
  coveredUntilMs,
  endOfRow,
  endOfStop,
  MARKER,
  marker,
  moved,
  waiting,
} from './ended-rows.ts'

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
  readonly #setAside: ReadonlySet<string>
  /** Up to here central says what the machine did, ms since 1970. */
  readonly #coveredMs: number
  /** Rows without an end, so far in the log; those that no event ends are closed here. Markers have no end and are not in it. */
  readonly #openRows = new Map<string, StatusInterval>()
  readonly #openStops = new Map<string, StopInterval>()
  /** Beginnings of all rows and stops that central has or will get: an amendment of any other one finds nothing to amend. */
  readonly #begun = new Set<string>()
  /** Beginnings of rows behind others that are nowhere any more: from there on nothing is known. */
  readonly #lost = new Set<string>()
  /** Moments at which the log itself begins a row just where a marker would be put behind an open one: none is put there. */
  readonly #taken = new Set<string>()
  #newest: StatusInterval | undefined
  /** Up to here a stop that is open in central is proven by central's newest row, ms since 1970. */
  #stoppedMs: number

  /** @param setAside beginnings whose events wait in the quarantine, as {@link openingKey} names them */
  constructor(machine: string, latest: LatestRows, setAside: ReadonlySet<string> = new Set()) {
    const { status, downtime } = latest
    this.#setAside = setAside
    this.#subject = machineOwner(machine)
    this.#latest = latest
    this.#coveredMs = status ? coveredUntilMs(status) : Number.NEGATIVE_INFINITY
    this.#newest = status
    this.#stoppedMs = status ? utcMs(status.at) : Number.NEGATIVE_INFINITY
    if (status?.ended === null && status.reason !== NO_DATA) this.#openRows.set(status.at, status)
    if (downtime?.isOpen) this.#openStops.set(downtime.at, downtime)
    if (status) this.#begun.add(this.#opening('status', status.at))
    if (downtime) this.#begun.add(this.#opening('downtime', downtime.at))
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
    const restated = local && continued !== undefined ? this.#restated(local, continued) : []
    const stop = continued && local ? stopOf(local.phase) : null
    const continuedStop = stop ? utcText(stop.stampMs) : undefined
    const rows = [...this.#openRows.values()].filter(({ at }) => at !== continued)
    const stops = [...this.#openStops.values()].filter(({ at }) => at !== continuedStop)
    const events = [
      ...stops.map((stop) => endOfStop(this.#subject, stop, this.#stoppedMs)),
      ...rows.flatMap((row) => endOfRow(this.#subject, row, this.#taken)),
      ...restated,
      ...this.#markersOfLost(),
    ]
    if (continued !== undefined && local) return { events, state: this.#continuing(local) }
    const newest = this.#newest && afterClosing(this.#newest, rows)
    return { events, state: newest && waiting(local, now, newest, this.#coveredMs) }
  }

  #open(event: StatusOpened): boolean {
    if (!this.#isNewStatus(event.at)) return false
    this.#begun.add(openingKey(event))
    if (this.#openRows.has(moved(event.at, -1))) this.#taken.add(event.at)
    const row = { ...event, ended: null }
    if (event.reason !== NO_DATA) this.#openRows.set(event.at, row)
    if (!this.#newest || event.at > this.#newest.at) this.#newest = row
    return true
  }

  #amend(event: StatusAmended): boolean {
    const row = this.#openRows.get(event.at)
    if (!row && !this.#isNewStatus(event.at)) return false
    if (!row && !this.#hasBegun('status', event.at)) {
      if (this.#newest && event.at > this.#newest.at) this.#lost.add(event.at)
      return false
    }
    if (event.ended) {
      this.#openRows.delete(event.at)
      // A stop that was open when this row began has lasted as long as the row, unless the machine worked.
      const isStanding = row?.status !== 'running' && row?.status !== 'available'
      if (isStanding && event.at === this.#latest.status?.at)
        this.#stoppedMs = utcMs(event.at) + event.ended.durationMs
    } else if (row) this.#openRows.set(event.at, { ...row, ...event, status: event.became ?? row.status })
    return true
  }

  #openStop(event: DowntimeOpened): boolean {
    if (!this.#isNewDowntime(event.at)) return false
    this.#begun.add(openingKey(event))
    this.#openStops.set(event.at, { ...event, isOpen: true })
    return true
  }

  #amendStop(event: DowntimeAmended): boolean {
    const stop = this.#openStops.get(event.at)
    if (!stop && !(this.#isNewDowntime(event.at) && this.#hasBegun('downtime', event.at))) return false
    if (event.ended) this.#openStops.delete(event.at)
    else if (stop) this.#openStops.set(event.at, { ...stop, ...event })
    return true
  }

  #opening(table: 'status' | 'downtime', at: string): string {
    return openingKey({ kind: `${table}.opened`, at, subject: this.#subject })
  }

  #hasBegun(table: 'status' | 'downtime', at: string): boolean {
    const opening = this.#opening(table, at)
    return this.#begun.has(opening) || this.#setAside.has(opening)
  }

  /**
   * The row that goes on, opened again where its opening is nowhere any more: it was lost with a damaged log, or delivered to
   * another database. The state knows everything that it said.
   */
  #restated({ phase }: MachineState, at: string): readonly MachineEvent[] {
    if (this.#hasBegun('status', at)) return []
    const head = { v: EVENT_VERSION, kind: 'status.opened', at, subject: this.#subject } as const
    const previousStatus = this.#newest?.status ?? null
    const said = isOpen(phase) ? sayingOf(phase.interval) : { ...MARKER, marks: [] }
    const opened: StatusOpened = { ...head, previousStatus, ...said }
    this.#open(opened)
    return [opened]
  }

  #markersOfLost(): readonly MachineEvent[] {
    const lost = [...this.#lost].filter((at) => !this.#hasBegun('status', at))
    return lost.map((at) => marker(this.#subject, at, null))
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
    const pieces = phase.interval.pieces.filter(({ stampMs }) => {
      const at = utcText(stampMs)
      return this.#isNewStatus(at) && this.#hasBegun('status', at)
    })
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
    if (this.#isNewDowntime(startedAt)) {
      // A downtime whose opening is nowhere any more is written again.
      const isLost = stop.recorded && !this.#hasBegun('downtime', startedAt)
      return isLost ? withStop({ ...stop, recorded }) : undefined
    }
    return withStop({ ...stop, stampMs: interval.stampMs, since: interval.since, recorded })
  }
}

/** What the opening of an interval says of it. */
function sayingOf({ status, reason, workOrder, findings }: OpenInterval) {
  return { status, reason: reason.code, workOrder, ...findings }
}

/** Names an opening; empty for an event that opens no row. */
export function openingKey({ kind, at, subject }: Omit<Event, 'v'>): string {
  return kind.endsWith('.opened') || kind === 'scan' ? `${kind} ${at} ${subject}` : ''
}

/** When the open interval or marker began, ms since 1970. */
function beginningMs(phase: Phase): number | undefined {
  if (phase.kind === 'gap') return phase.marker.stampMs
  return isOpen(phase) ? phase.interval.stampMs : undefined
}
