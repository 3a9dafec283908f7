/**
 * Days of many short stops, played in fast motion and delivered into a real PostgreSQL: the availability that the MES works out of the
 * rows, by the very expression of its view, is that of the machine.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seededRandom } from '../../../simulators/random.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import type { SignalValue } from '../../../src/domain/signal.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { startDelivery } from '../../support/delivery.ts'
import { Play } from '../../support/play.ts'
import { compiledMap } from '../../support/status-cases/compiled-map.ts'

const MAPS = fileURLToPath(new URL('../../cases/rhythms/', import.meta.url))
const MIDNIGHT_MS = Date.UTC(2026, 1, 2)
const DAY_S = 86_400
const PATIENCE_MS = 5 * 60_000
/** Percentage points. */
const WRONG_MAX = 0.1

/** What a machine shows from a moment on, and whether it runs then. */
interface Stretch {
  readonly values: Readonly<Record<string, SignalValue>>
  readonly seconds: number
  readonly runs: boolean
}

interface Rhythm {
  readonly name: string
  readonly map: string
  /** Without an end. */
  readonly stretches: () => Generator<Stretch>
}

const run = { state: 'auto_run' }
const ready = { state: 'ready' }

/** The same again and again. */
function* cycleOf(...stretches: readonly Stretch[]): Generator<Stretch> {
  for (;;) yield* stretches
}

function* irregular(): Generator<Stretch> {
  const random = seededRandom(20260202, 'rhythm')
  const between = (least: number, most: number) => Math.round(least + random() * (most - least))
  for (;;) {
    yield { values: run, seconds: between(20, 300), runs: true }
    yield { values: random() < 0.5 ? ready : { state: 'fault' }, seconds: between(3, 200), runs: false }
  }
}

/** Eight parts, one every 12 s, then a pause: the machine works on each for 12 s. */
function* pulses(pauseSeconds: number): Generator<Stretch> {
  for (let cycles = 1; ; cycles += 1) {
    yield { values: { cycles }, seconds: 12, runs: true }
    if (cycles % 8 === 0) yield { values: {}, seconds: pauseSeconds, runs: false }
  }
}

/** A green light, a dark pause, and at times a red one that blinks. */
function* lights(): Generator<Stretch> {
  for (;;) {
    yield { values: { green: true, red: false }, seconds: 70, runs: true }
    yield { values: { green: false }, seconds: 20, runs: false }
    yield { values: { green: true }, seconds: 50, runs: true }
    for (let blink = 0; blink < 20; blink += 1) {
      yield { values: { green: false, red: true }, seconds: 0.5, runs: false }
      yield { values: { red: false }, seconds: 0.5, runs: false }
    }
  }
}

const RHYTHMS: readonly Rhythm[] = [
  {
    name: '20 s of standing every two minutes',
    map: 'press',
    stretches: () =>
      cycleOf({ values: run, seconds: 100, runs: true }, { values: ready, seconds: 20, runs: false }),
  },
  {
    name: 'runs of 25 s and stops of 35 s',
    map: 'press',
    stretches: () =>
      cycleOf({ values: run, seconds: 25, runs: true }, { values: ready, seconds: 35, runs: false }),
  },
  { name: 'runs and stops of any length', map: 'press', stretches: irregular },
  { name: 'a pause of 40 s after each eighth pulse', map: 'stamp-pulses', stretches: () => pulses(40) },
  { name: 'a light that goes dark, and a red one that blinks', map: 'saw-light', stretches: lights },
  {
    name: 'a current that falls for 30 s in every 90 s',
    map: 'pump-current',
    stretches: () =>
      cycleOf(
        { values: { amps: 6.2 }, seconds: 60, runs: true },
        { values: { amps: 1.1 }, seconds: 30, runs: false },
      ),
  },
]

/** The view's own expression; the bucket is the UTC day of `changed_at`. */
const AVAILABILITY_SQL = `SELECT m.machine_code AS machine,
    ((SUM(CASE WHEN h.new_status = 'running' THEN h.duration_minutes ELSE 0 END)::DECIMAL /
      NULLIF(SUM(h.duration_minutes), 0)) * 100)::float AS availability
  FROM machine_status_history h JOIN machines m ON m.id = h.machine_id
  WHERE date_trunc('day', h.changed_at AT TIME ZONE 'UTC') = '2026-02-02'
  GROUP BY m.machine_code`

const machineOf = (index: number) => `RHYTHM-${index}`

let central: TestCentral
beforeAll(async () => {
  const machines = RHYTHMS.map((_, index) => machineOf(index))
  const nothing = { badges: [], workOrders: [], materials: [], shipments: [] }
  central = await startTestCentral({ organizations: [{ code: 'SAV', plant: 'SAV-1', machines, ...nothing }] })
})
afterAll(() => central[Symbol.asyncDispose]())

/** Plays the day, and a little of the next one, so that no row of it is open. */
function playDay({ map, stretches }: Rhythm) {
  const play = new Play(compiledMap(join(MAPS, `${map}.yaml`)), MIDNIGHT_MS)
  let passed = 0
  let ran = 0
  for (const { values, seconds, runs } of stretches()) {
    play.show(values, seconds)
    if (runs) ran += Math.max(0, Math.min(seconds, DAY_S - passed))
    passed += seconds
    if (passed > DAY_S + 600) break
  }
  return { events: play.events, availability: (ran / DAY_S) * 100 }
}

it('a day of short stops has the availability that it had', { timeout: PATIENCE_MS }, async () => {
  const delivery = await startDelivery(central.settings())
  const truths: number[] = []
  for (const [index, rhythm] of RHYTHMS.entries()) {
    const { events, availability } = playDay(rhythm)
    truths.push(availability)
    await delivery.store(events.map((event) => ({ ...event, subject: machineOwner(machineOf(index)) })))
  }
  await delivery.untilEmpty(PATIENCE_MS)
  await delivery.stop()
  const rows = await central.sql<{ machine: string; availability: number }>(AVAILABILITY_SQL)
  const found = new Map(rows.map(({ machine, availability }) => [machine, availability]))
  const wrong = RHYTHMS.flatMap(({ name }, index) => {
    const truth = truths[index] ?? 0
    const shown = found.get(machineOf(index)) ?? Number.NaN
    const isRight = Math.abs(shown - truth) <= WRONG_MAX
    return isRight ? [] : [`${name}: ${shown.toFixed(3)} % in the MES, ${truth.toFixed(3)} % in truth`]
  })
  expect(wrong).toEqual([])
})
