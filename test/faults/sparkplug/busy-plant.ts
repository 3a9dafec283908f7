/** A plant in which something happens all the time: machines that stop and run, one that comes and goes, and scans. */
import { EVENT_VERSION, type Event } from '../../../src/domain/events/event.ts'
import type { MachineHealth } from '../../../src/domain/health.ts'
import { machineOwner, stationOwner } from '../../../src/domain/owner.ts'
import { NO_DATA, type Status } from '../../../src/domain/status.ts'
import { seededRandom } from '../faults.ts'

export interface BusyPlant {
  /** What happens up to a moment, about so many events. */
  pass(nowMs: number, events: number): readonly Event[]
  readonly standings: () => readonly MachineHealth[]
}

const MACHINES = ['PRESS-1', 'PRESS-2', 'CNC-1', 'CNC-2', 'CNC-3', 'PACK/1', 'Säge 4']
/** One that is not seen now and then. */
const SHY = 'SHY-1'
export const STATIONS = ['PACK-1', 'GATE']
const SEQUENCE: readonly Status[] = ['running', 'idle', 'down', 'setup']
const NOTHING_FOUND = { cause: [], countedUnseen: null, rule: 'M@1', marks: [] } as const

interface Interval {
  readonly status: Status
  readonly reason: string | null
  readonly sinceMs: number
  readonly isStop: boolean
}

export function busyPlant(seed: number): BusyPlant {
  const random = seededRandom(seed)
  const shown = new Map<string, Interval>()
  let lastMs = 0
  let owed = 0
  let scans = 0
  const pass = (nowMs: number, events: number) => {
    owed += events
    const happened: Event[] = []
    // Two things of one machine never begin at one moment.
    for (; owed >= 1 && lastMs < nowMs; owed -= 3) {
      lastMs = Math.max(lastMs + 1, nowMs - 5)
      const all = [...MACHINES, SHY]
      const machine = all[Math.floor(random() * all.length)] ?? SHY
      happened.push(...turn(shown, machine, { atMs: lastMs, random }))
      scans += 1
      if (random() < 0.2) happened.push(scan(STATIONS[scans % 2] ?? '', lastMs, scans))
    }
    owed = Math.min(owed, events)
    return happened
  }
  const standings = () => [...shown].map(([machine, interval]) => standingOf(machine, interval))
  return { pass, standings }
}

interface Moment {
  readonly atMs: number
  readonly random: () => number
}

/** A machine's interval ends, with its stop if it was one, and the next begins. */
function turn(shown: Map<string, Interval>, machine: string, { atMs, random }: Moment): readonly Event[] {
  const before = shown.get(machine)
  if (before && before.sinceMs >= atMs) return []
  const next = nextInterval(machine, before, { atMs, random })
  shown.set(machine, next)
  const subject = machineOwner(machine)
  const at = utc(atMs)
  const opened = {
    ...{ v: EVENT_VERSION, kind: 'status.opened', at, subject, ...NOTHING_FOUND },
    ...{
      previousStatus: before?.status ?? null,
      status: next.status,
      reason: next.reason,
      workOrder: 'WO-7',
    },
  }
  const stop = next.isStop ? [stopEvent(machine, next, null)] : []
  return [...(before ? endings(machine, before, atMs) : []), opened, ...stop]
}

function nextInterval(machine: string, before: Interval | undefined, { atMs, random }: Moment): Interval {
  const wasUnseen = before?.reason === NO_DATA
  if (machine === SHY && !wasUnseen && random() < 0.3)
    return { status: 'available', reason: NO_DATA, sinceMs: atMs, isStop: false }
  const status = SEQUENCE[Math.floor(random() * SEQUENCE.length)] ?? 'idle'
  const isStop = status === 'down'
  return { status, reason: isStop ? `F${Math.floor(random() * 9)}` : null, sinceMs: atMs, isStop }
}

function endings(machine: string, before: Interval, atMs: number): readonly Event[] {
  const amended = {
    ...{ v: EVENT_VERSION, kind: 'status.amended', at: utc(before.sinceMs), subject: machineOwner(machine) },
    ...NOTHING_FOUND,
    ...{ status: before.status, reason: before.reason, workOrder: 'WO-7', ended: ending(before, atMs) },
  }
  return before.isStop ? [stopEvent(machine, before, atMs), amended] : [amended]
}

/** @param endMs null: the stop has just begun to count */
function stopEvent(machine: string, { sinceMs, reason }: Interval, endMs: number | null): Event {
  const findings = {
    reason,
    category: 'equipment',
    workOrder: 'WO-7',
    code: null,
    laterCodes: [],
    rule: null,
  }
  const head = { v: EVENT_VERSION, at: utc(sinceMs), subject: machineOwner(machine), ...findings }
  if (endMs === null) return { ...head, kind: 'downtime.opened' } as Event
  const ended = { at: utc(endMs), ...ending({ sinceMs }, endMs) }
  return { ...head, kind: 'downtime.amended', ended } as Event
}

function ending({ sinceMs }: Pick<Interval, 'sinceMs'>, endMs: number) {
  return { durationMs: endMs - sinceMs, minutes: Math.floor((endMs - sinceMs) / 60_000), marks: [] }
}

function scan(station: string, atMs: number, count: number): Event {
  const told = {
    data: `PART-${count}`,
    scanType: 'part',
    aimId: null,
    operator: 7,
    location: null,
    plant: null,
  }
  const rest = {
    machine: null,
    workOrder: null,
    reference: null,
    fields: { LOT: `L${count}` },
    marks: [],
    rule: null,
  }
  const head = { v: EVENT_VERSION, kind: 'scan', at: utc(atMs), subject: stationOwner(station) }
  return { ...head, ...told, ...rest } as Event
}

function standingOf(machine: string, { status, reason, sinceMs }: Interval): MachineHealth {
  return {
    ...{ machine, status, sinceMs, reason, workOrder: 'WO-7', operator: 7, declared: null, shift: 'early' },
    ...{ lastSeenMs: sinceMs, signals: [] },
  }
}

function utc(ms: number): string {
  return new Date(ms).toISOString()
}
