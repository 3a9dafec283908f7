/**
 * Where a machine's rows in central meet those that this gateway still has to bring. Pure; one of them a machine.
 *
 * Events that would overlap what central has are left out, and a row in central that nobody lives any more is closed at its
 * own beginning, the last moment that central proves, with a NO_DATA marker behind it. So the rows of the machine tile the
 * time again, and nothing is claimed that nobody saw.
 */

import type { DowntimeAmended, DowntimeOpened, Event, StatusAmended, StatusOpened } from '../domain/event.ts'
import { type Instant, utcMs, utcText } from '../domain/instant.ts'
import { NO_DATA, type Status } from '../domain/status.ts'
import type { LatestRows } from '../routes/mes/ledger.ts'
import { type MachineState, newMemory } from '../status/state.ts'

/** Ends by the monotonic clock and beginnings by the wall clock of one and the same history may differ by this much. */
const CLOCK_TOLERANCE_MS = 2_000
const END_NOTE = 'end=adopted'
const MARKER = { status: 'available', reason: NO_DATA, workOrder: null, notes: 'cause=adopted' } as const

export interface MachineSeam {
  /** Takes the next event of the machine, in order. False: it must be left out. */
  take(event: Event): boolean
  /** What has to follow the last event, given what the machine's saved state says and what boot it is. */
  close(local: MachineState | undefined, boot: Boot): Closing
}

export interface Boot {
  readonly bootId: string
  readonly now: Instant
}

export interface Closing {
  readonly events: readonly Event[]
  /** The machine's state from now on; undefined where the saved one is right. */
  readonly state: MachineState | undefined
}

type OpenStatus = Pick<StatusOpened, 'changedAt' | 'status' | 'reason' | 'workOrder' | 'notes'>
type OpenDowntime = Omit<DowntimeOpened, 'kind' | 'machine'>

export function createSeam(machine: string, { status, downtime }: LatestRows): MachineSeam {
  const coveredMs = status ? coveredUntilMs(status) : Number.NEGATIVE_INFINITY
  /** Rows without an end, so far in the log; the few that no event ends are closed here. Markers have no end and are not in it. */
  const openRows = new Map<string, OpenStatus>()
  const openStops = new Map<string, OpenDowntime>()
  /** Beginnings where the marker behind an open row would stand: there is one, or another row, already. */
  const taken = new Set<string>()
  let newest: OpenStatus | undefined = status
  if (status?.durationMinutes === null && status.reason !== NO_DATA) openRows.set(status.changedAt, status)
  if (downtime?.endedAt === null) openStops.set(downtime.startedAt, downtime)

  const isNewStatus = (at: string) => !status || (at > status.changedAt && utcMs(at) >= coveredMs)
  const isNewDowntime = (at: string) => (!downtime || at > downtime.startedAt) && utcMs(at) >= coveredMs

  function open(event: StatusOpened): boolean {
    if (!isNewStatus(event.changedAt)) return false
    if (openRows.has(moved(event.changedAt, -1))) taken.add(event.changedAt)
    if (event.reason !== NO_DATA) openRows.set(event.changedAt, event)
    if (!newest || event.changedAt > newest.changedAt) newest = event
    return true
  }

  function amend(event: StatusAmended): boolean {
    const row = openRows.get(event.changedAt)
    if (!row && !isNewStatus(event.changedAt)) return false
    if (event.durationMinutes !== null) openRows.delete(event.changedAt)
    else if (row) openRows.set(event.changedAt, { ...row, ...event })
    return true
  }

  function openStop(event: DowntimeOpened): boolean {
    if (!isNewDowntime(event.startedAt)) return false
    openStops.set(event.startedAt, event)
    return true
  }

  function amendStop(event: DowntimeAmended): boolean {
    const stop = openStops.get(event.startedAt)
    if (!stop && !isNewDowntime(event.startedAt)) return false
    if (event.endedAt !== null) openStops.delete(event.startedAt)
    else if (stop) openStops.set(event.startedAt, { ...stop, ...event })
    return true
  }

  function take(event: Event): boolean {
    switch (event.kind) {
      case 'status.opened':
        return open(event)
      case 'status.amended':
        return amend(event)
      case 'downtime.opened':
        return openStop(event)
      case 'downtime.amended':
        return amendStop(event)
    }
  }

  function close(local: MachineState | undefined, boot: Boot): Closing {
    const lived = livedRow(local)
    const livedStop = lived && local?.stop ? utcText(local.stop.startedAtMs) : undefined
    const rows = [...openRows.values()].filter(({ changedAt }) => changedAt !== lived)
    const stops = [...openStops.values()].filter(({ startedAt }) => startedAt !== livedStop)
    const events = [
      ...stops.map((stop) => endOfStop(machine, stop, status)),
      ...rows.flatMap((row) => endOfRow(machine, row, taken)),
    ]
    if (lived !== undefined && local) return { events, state: withOwnStop(local) }
    return { events, state: newest && waiting(local, boot, afterClosing(newest, rows), coveredMs) }
  }

  /** The row that the machine's state goes on with: the newest one, or one behind it whose opening lies in quarantine. */
  function livedRow(local: MachineState | undefined): string | undefined {
    if (!local?.open) return undefined
    const at = utcText(local.open.changedAtMs)
    if (at !== newest?.changedAt)
      return !newest || (at > newest.changedAt && isNewStatus(at)) ? at : undefined
    return openRows.has(at) || newest.reason === NO_DATA ? at : undefined
  }

  /** A stop whose downtime began before the seam, and was left out, begins anew with the open row. */
  function withOwnStop(local: MachineState): MachineState | undefined {
    const { stop, open } = local
    if (!stop || !open) return undefined
    const startedAt = utcText(stop.startedAtMs)
    const recorded = openStops.has(startedAt)
    if (recorded) return stop.recorded ? undefined : { ...local, stop: { ...stop, recorded } }
    if (isNewDowntime(startedAt)) return undefined
    return { ...local, stop: { ...stop, startedAtMs: open.changedAtMs, since: open.since, recorded } }
  }

  return { take, close }
}

/** Closes an open row at its own beginning, with a marker behind it: up to the next row nothing was seen. */
function endOfRow(machine: string, row: OpenStatus, taken: ReadonlySet<string>): readonly Event[] {
  const { changedAt, status, reason, workOrder } = row
  const notes = withNote(withNote(row.notes, 'dur=0.000s'), END_NOTE)
  const markerAt = moved(changedAt, 1)
  return [
    { kind: 'status.amended', machine, changedAt, durationMinutes: 0, reason, workOrder, notes },
    ...(taken.has(markerAt) ? [] : [marker(machine, markerAt, status)]),
  ]
}

function marker(machine: string, changedAt: string, previousStatus: Status): StatusOpened {
  const kind = 'status.opened'
  return { kind, machine, changedAt, previousStatus, ...MARKER }
}

function moved(at: string, ms: number): string {
  return utcText(utcMs(at) + ms)
}

/** Ends an open downtime where its machine was last proven to be in it. */
function endOfStop(machine: string, stop: OpenDowntime, status: LatestRows['status']): DowntimeAmended {
  const { startedAt, reason, category, workOrder } = stop
  const startedMs = utcMs(startedAt)
  const endedMs = Math.max(startedMs, status ? utcMs(status.changedAt) : 0)
  return {
    kind: 'downtime.amended',
    machine,
    startedAt,
    endedAt: utcText(endedMs),
    durationMinutes: Math.round((endedMs - startedMs) / 60_000),
    reason,
    category,
    workOrder,
    notes: withNote(stop.notes, END_NOTE),
  }
}

/** The newest row once these have been closed, and whether it is still open. */
function afterClosing(newest: OpenStatus, closed: readonly OpenStatus[]): OpenStatus {
  if (!closed.some(({ changedAt }) => changedAt === newest.changedAt)) return newest
  return { ...MARKER, changedAt: moved(newest.changedAt, 1) }
}

/** A state in which the machine waits to be seen, and its next row begins behind everything that central has. */
function waiting(
  local: MachineState | undefined,
  { bootId, now }: Boot,
  newest: OpenStatus,
  coveredMs: number,
): MachineState {
  const base = {
    ...newMemory(bootId, now).durable,
    ...local,
    bootId,
    stop: null,
    candidate: null,
    lastSeen: null,
  }
  const newestMs = utcMs(newest.changedAt)
  const lastStampMs = Math.max(newestMs, Math.ceil(coveredMs) - 1)
  if (newest.reason !== NO_DATA) return { ...base, open: null, dark: null, lastStampMs }
  const since = { wallMs: newestMs, monoMs: now.monoMs - (now.wallMs - newestMs) }
  const open = {
    key: NO_DATA,
    previous: null,
    changedAtMs: newestMs,
    since,
    releaseMs: 0,
    notes: [newest.notes],
  }
  const { status, reason, workOrder } = newest
  return { ...base, open: { ...open, status, reason, workOrder }, dark: 'gap', lastStampMs }
}

/** Where the newest row of central ends, as far as it says; an open one covers nothing but its own beginning. */
function coveredUntilMs({ changedAt, durationMinutes, notes }: NonNullable<LatestRows['status']>): number {
  const beganMs = utcMs(changedAt)
  if (durationMinutes === null) return beganMs
  const exactS = /(?:^|; )dur=(\d+(?:\.\d+)?)s/.exec(notes)?.[1]
  const durationMs = exactS === undefined ? durationMinutes * 60_000 : Number(exactS) * 1_000
  return Math.max(beganMs, beganMs + durationMs - CLOCK_TOLERANCE_MS)
}

function withNote(notes: string, note: string): string {
  return notes === '' ? note : `${notes}; ${note}`
}
