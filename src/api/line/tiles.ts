/** The tile of a machine: how it stands now. */
import { utcText } from '../../domain/instant.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import { machineOwner } from '../../domain/owner.ts'
import type { MapFollower } from '../../maps/follow-maps.ts'
import type { Pipeline } from '../../pipeline.ts'
import type { Clock } from '../../runtime/clock.ts'
import { isMachineSubject, type MachineSubject } from '../../status/machine-subject.ts'
import type { LineTile } from './shapes.ts'

/** What tiles are made of. */
export interface TileParts {
  readonly pipeline: Pick<Pipeline, 'subjects'>
  readonly maps: Pick<MapFollower, 'health'>
  readonly clock: Pick<Clock, 'now'>
}

/** Data is late once so many polls have brought nothing, and never before so long. */
const LATE_POLLS = 3
const LATE_MIN_MS = 15_000

/** Those of all machines whose maps are in force, in the order of their codes. */
export function lineTiles({ pipeline, maps, clock }: TileParts): readonly LineTile[] {
  const nowMs = clock.now().wallMs
  const inForce = new Map(maps.health().summary.inForce.map((map) => [map.owner, map]))
  const tiles = pipeline.subjects.filter(isMachineSubject).map((subject): LineTile => {
    const map = inForce.get(machineOwner(subject.map.machine))
    return {
      ...tileOf(subject, nowMs),
      map: map ? { file: map.file, faults: map.faults.length } : null,
    }
  })
  return tiles.toSorted((a, b) => (a.machine < b.machine ? -1 : 1))
}

function tileOf({ map, health }: MachineSubject, nowMs: number): Omit<LineTile, 'map'> {
  const { summary } = health()
  const { place = {} } = map
  return {
    machine: summary.machine,
    area: place.area ?? null,
    line: place.line ?? null,
    cell: place.cell ?? null,
    status: summary.status,
    since: summary.sinceMs === null ? null : utcText(summary.sinceMs),
    reason: summary.reason,
    work_order: summary.workOrder,
    operator: summary.operator,
    declared: summary.declared,
    shift: summary.shift,
    counters: Object.entries(summary.counters ?? {}).map(([signal, value]) => ({ signal, value })),
    ...dataOf(summary.lastSeenMs, lateAfterMs(map), nowMs),
    shadow_since: summary.shadowSinceMs === undefined ? null : utcText(summary.shadowSinceMs),
  }
}

/** When it was seen last stands in a tile only while that is long ago: else every tile would change with every poll. */
function dataOf(
  lastSeenMs: number | null,
  afterMs: number,
  nowMs: number,
): Pick<LineTile, 'data' | 'last_seen'> {
  if (lastSeenMs === null) return { data: 'never', last_seen: null }
  if (nowMs - lastSeenMs <= afterMs) return { data: 'live', last_seen: null }
  return { data: 'late', last_seen: utcText(lastSeenMs) }
}

function lateAfterMs({ devices }: MachineMap): number {
  return Math.max(LATE_MIN_MS, ...devices.map(({ pollMs }) => pollMs * LATE_POLLS))
}
