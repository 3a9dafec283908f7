/** The destinations of the plant: the MES, a site's own tables, and a live feed. Each has a server and faults of its own. */
import type { Route } from '../../../src/domain/destination.ts'
import { unfinished, violation } from '../invariants.ts'
import { createModelCentral, FAIR, type ModelCentral, type Weather } from '../model-central.ts'
import type { Database } from '../model-database.ts'
import type { Random } from '../random.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { LogDisk } from './log-disk.ts'
import type { Fault } from './swarm.ts'

/** Retention keeps longer than that, so that no restore may ever leave a gap. */
const RESTORED_MAX_MS = 45_000

export interface Server {
  readonly route: Omit<Route, 'destination'>
  readonly central: ModelCentral
  /** Other faults, or none, from now on. */
  change(): void
  heal(): void
  /** It is put back to what it had a while ago. */
  restore(maxMs: number): void
  /** What is missing there; undefined where nothing is. */
  unfinished(): string | undefined
  /** What is wrong there, at the end. */
  check(): void
}

const ROUTES = [
  { name: 'central', must: 'deliver', takes: (kind: string) => kind !== 'link' },
  { name: 'site', must: 'deliver', takes: (kind: string) => kind.startsWith('downtime') || kind === 'scan' },
  { name: 'feed', must: 'best-effort', takes: () => true },
] as const

interface ServerParts {
  readonly time: VirtualTime
  readonly stream: (name: string) => Random
  readonly disk: () => LogDisk
  readonly faults: ReadonlySet<Fault>
  readonly machines: readonly string[]
  readonly locks: boolean
  readonly fail: (what: string) => void
}

/** Consumers of the log, by which the disk is made. */
export const CONSUMERS = ROUTES.map(({ name, must }) => ({ name, must }))

export function createServers(parts: ServerParts): readonly Server[] {
  return ROUTES.map((route) => createServer(route, parts))
}

function createServer(route: (typeof ROUTES)[number], parts: ServerParts): Server {
  const { time, faults, disk, fail } = parts
  const { name, must, takes } = route
  const random = parts.stream(name)
  const states: { at: number; database: Database }[] = []
  const mayLookRestored = faults.has('restores') || faults.has('failovers') || must === 'best-effort'
  function check(database: Database): void {
    const truth = { histories: [disk()], mayLookRestored, mayFence: false, takes }
    const gap = must === 'deliver' && database.incidents.some(({ kind }) => kind === 'gap')
    const what = gap ? 'a gap is recorded, though nothing was lost' : violation(database, truth)
    if (what) fail(`${name}: ${what}`)
  }
  const central = createModelCentral(
    time,
    random,
    (database) => {
      states.push({ at: time.now().monoMs, database })
      check(database)
    },
    { locks: parts.locks },
  )
  for (const machine of parts.machines) central.machines.add(machine)
  const batch = { rows: random.between(2, 200), lingerMs: random.pick([0, 200, 1_500]) }
  return {
    route: { name, must, takes, batch },
    central,
    change: () => {
      central.weather = drawWeather(random, faults)
    },
    heal: () => {
      central.weather = FAIR
    },
    restore: (maxMs) => {
      const at = time.now().monoMs - random.between(0, Math.min(maxMs, RESTORED_MAX_MS))
      const older = states.findLast((one) => one.at <= at) ?? { database: central.history[0] }
      if (older.database) central.restore(older.database)
    },
    unfinished: () => {
      const { events } = disk()
      const what = unfinished(central.database, { events, cursorSeq: disk().cursor(name) })
      return what && `${name}: ${what}`
    },
    check: () => check(central.database),
  }
}

function drawWeather(random: Random, faults: ReadonlySet<Fault>): Weather {
  return {
    linkBreaks: faults.has('cut links to central') ? random.pick([0, 0.01, 0.1]) : 0,
    hangs: faults.has('answers that never come') ? random.pick([0, 0.005, 0.03]) : 0,
    commitUnknown: faults.has('unknown commits') ? random.pick([0, 0.1, 0.5]) : 0,
    down: faults.has('outages') && random.chance(0.4),
    refuses: faults.has('refusals')
      ? random.pick(['nothing', 'nothing', 'disk full', 'no privilege', 'read-only'])
      : 'nothing',
    serialization: faults.has('conflicts') ? random.pick([0, 0.1, 0.5]) : 0,
    isCrowded: faults.has('no connections left') && random.chance(0.3),
  }
}
