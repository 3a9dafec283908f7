/** A machine in shadow over restarts and changes of its map: what is kept of it, and what the next machine begins with. */
import { expect, it } from 'vitest'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import type { OutboxEntry } from '../../../src/domain/outbox.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import type { Context } from '../../../src/domain/subject.ts'
import { Pipeline } from '../../../src/pipeline.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { machineSubject } from '../../../src/status/machine-subject.ts'
import { hasOpenRow, readState } from '../../../src/status/saved/read-state.ts'
import {
  forgottenShadow,
  isInShadow,
  isUnwritten,
  shadowSubject,
} from '../../../src/status/shadow-subject.ts'
import { press, readingOfPress } from '../../support/press.ts'

const PRESS = machineOwner('PRESS-07')
const START_MS = Date.UTC(2026, 0, 31, 9)
const run = { state: 'run', fault: 0 }
const jammed = { state: 'fault', fault: 101 }
const live = press({ counters: [{ signal: 'good' }] })
const inShadow = press({ ...live, isShadow: true })

/** A pipeline over a log in memory, whose states survive its restarts as JSON. */
class Site {
  readonly entries: OutboxEntry[] = []
  #states: Record<string, unknown> = {}
  #pipeline = this.#open()
  now: Instant = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000_000 }

  #open(): Pipeline {
    const outbox = {
      append: async (entry: OutboxEntry) => {
        this.entries.push(entry)
        Object.assign(this.#states, JSON.parse(JSON.stringify(entry.states)))
      },
      uncommitted: 0,
      states: async () => ({}),
    }
    const clock = { now: () => this.now, sleep: async () => {}, after: () => () => {} }
    return new Pipeline({ outbox, clock, log: createLog('silent') }, this.#states)
  }

  shadow(): this {
    this.#pipeline.put(PRESS, (remembered) => shadowSubject(inShadow, remembered))
    return this
  }

  live(): this {
    this.#pipeline.remove(PRESS)
    this.#pipeline.put(PRESS, (remembered) => machineSubject(live, remembered))
    return this
  }

  restart(reboot: boolean): this {
    this.#pipeline.beat(true)
    this.now = reboot
      ? { boot: 'boot-2', wallMs: this.now.wallMs + 60_000, monoMs: 15_000 }
      : shift(this.now, 60_000)
    this.#pipeline = this.#open()
    return this
  }

  show(values: Readonly<Record<string, string | number>>, seconds: number): this {
    for (let second = 0; second <= seconds; second += 1) {
      this.read(second === 0 ? values : {})
      this.#pipeline.beat()
      if (second < seconds) this.now = shift(this.now, 1_000)
    }
    return this
  }

  /** One reading, between two beats. */
  read(values: Readonly<Record<string, string | number>>): this {
    const at = this.now
    const samples = Object.entries(values).map(
      ([signal, value]) => ({ signal, value, quality: 'good', at }) as const,
    )
    this.#pipeline.deliver(readingOfPress({ at, completeTo: at, samples }))
    return this
  }

  /** Its first beat afterwards is the first that it does. */
  standStill(seconds: number): this {
    this.now = shift(this.now, seconds * 1_000)
    this.#pipeline.beat()
    return this
  }

  say(said: Partial<Context>): this {
    this.#pipeline.deliver({ kind: 'context', subject: PRESS, at: this.now, ...said })
    return this
  }

  standBy(): this {
    this.#pipeline.put(PRESS, (remembered) => shadowSubject(live, remembered, undefined, 'stand-by'))
    return this
  }

  get machine() {
    const subject = this.#pipeline.subjectOf(PRESS)
    if (!isInShadow(subject)) throw new Error('no machine is in shadow')
    return subject
  }

  get unwritten() {
    const subject = this.#pipeline.subjectOf(PRESS)
    if (!isUnwritten(subject)) throw new Error('its rows are written')
    return subject
  }

  get saved(): unknown {
    return this.#states[PRESS]
  }

  get events() {
    return this.entries.flatMap(({ events }) => events)
  }
}

/** In s since the start. */
function absencesOf(site: Site): readonly (readonly number[])[] {
  const seconds = (ms: number) => (ms - START_MS) / 1_000
  return site.unwritten.absences.map(({ fromMs, toMs }) => [seconds(fromMs), seconds(toMs)])
}

it.each([false, true])(
  'what it would have written survives a restart, and goes on (other boot: %s)',
  (reboot) => {
    const site = new Site().shadow().show(run, 60).show(jammed, 200)
    const since = site.machine.sinceMs
    site.restart(reboot).shadow().show(jammed, 30).show(run, 60)
    expect(site.events).toEqual([])
    expect(site.machine.sinceMs).toBe(since)
    expect(site.machine.unwritten.map(({ kind, at }) => [kind, Date.parse(at) - START_MS])).toEqual([
      ['status.opened', 0],
      ['status.amended', 0],
      ['status.opened', 60_000],
      ['downtime.opened', 60_000],
      ['downtime.amended', 60_000],
      ['status.amended', 60_000],
      ['status.opened', expect.any(Number)],
    ])
    expect(site.machine.health().summary).toMatchObject({ status: 'running', shadowSinceMs: since })
  },
)

it.each([false, true])(
  'each time in which the gateway was not there is known from then on (other boot: %s)',
  (reboot) => {
    const site = new Site().shadow().show(run, 60)
    expect(site.machine.absences).toEqual([])
    site.restart(reboot).shadow().show(run, 30).shadow().show(run, 10).restart(false).shadow()
    // Its rows say that it ran all the time.
    site.show(run, 5)
    expect(site.machine.unwritten).toHaveLength(1)
    expect(absencesOf(site)).toEqual([
      [60, 120],
      [160, 220],
    ])
  },
)

it('so is each time in which the gateway stood still, from the first reading behind it on', () => {
  const site = new Site().shadow().show(run, 60).standStill(15)
  expect(site.machine).toMatchObject({ absences: [], isAway: true })
  // Another version of its map changes nothing of it, and tells it once.
  site.shadow()
  expect(site.machine).toMatchObject({ absences: [], isAway: true })
  site.show(run, 10).shadow()
  expect(site.machine.isAway).toBe(false)
  expect(absencesOf(site)).toEqual([[60, 75]])
  // Again, when it has seen the machine once more and not come to a second beat.
  site.standStill(20)
  site.now = shift(site.now, 500)
  site.read(run).standStill(20).show(run, 0)
  expect(absencesOf(site)).toEqual([
    [60, 75],
    [85, 105.5],
    [105.5, 125.5],
  ])
  expect(site.machine.unwritten).toHaveLength(1)
})

it.each([0, 10])('and that in which it did so as the active one, %d s before it stands by', (seconds) => {
  const site = new Site().live().show(run, 60).standStill(15)
  if (seconds > 0) site.show(run, seconds)
  site.standBy()
  expect(site.unwritten.isAway).toBe(seconds === 0)
  site.show(run, 10)
  expect(absencesOf(site)).toEqual([[60, 75]])
})

it('what was amended again and again is kept once, and no more than people look at', () => {
  const site = new Site().shadow()
  for (let turn = 0; turn < 60; turn += 1) site.show(run, 30).show(jammed, 30)
  expect(site.machine.unwritten).toHaveLength(120)
  const amended = site.machine.unwritten.filter(({ kind }) => kind === 'status.amended')
  expect(new Set(amended.map(({ at }) => at)).size).toBe(amended.length)
})

it('whoever does not know of shadows reads a machine whose rows have ended', () => {
  const site = new Site().shadow().show(run, 60)
  expect(hasOpenRow(site.saved)).toBe(false)
  expect(readState(site.saved)).toMatchObject({ kind: 'read', state: { phase: { kind: 'unknown' } } })
})

it.each([false, true])(
  'out of it the first row begins then, with who works there, and counts nothing of before (restart: %s)',
  (restarts) => {
    const site = new Site().shadow().show({ ...run, good: 5 }, 60)
    site.say({
      operator: 7,
      workOrder: 'WO-1',
      declared: { status: 'setup', reason: 'changeover', operator: 7 },
    })
    site.show({ good: 900 }, 10)
    if (restarts) site.restart(true)
    const from = site.now
    site.live().show({ ...run, good: 900 }, 60)
    const [first] = site.events
    expect(first).toMatchObject({
      kind: 'status.opened',
      previousStatus: null,
      status: 'setup',
      workOrder: 'WO-1',
      countedUnseen: null,
      declaredBy: 7,
    })
    expect(Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(from.wallMs)
  },
)

it('of a computer that does not know the time yet nothing is shown as older than it is', () => {
  const site = new Site().shadow().show(run, 60).restart(false)
  site.now = { boot: 'boot-2', wallMs: 1_000, monoMs: 15_000 }
  site.shadow().show(run, 5)
  expect(forgottenShadow(site.machine, site.now.wallMs)).toEqual([])
  site.now = { ...site.now, wallMs: START_MS + 600_000 }
  site.show(run, 5)
  expect(site.machine.sinceMs).toBe(START_MS)
  expect(site.events).toEqual([])
})

it('after a week it is a trouble', () => {
  const site = new Site().shadow().show(run, 5)
  const dayMs = 24 * 3_600_000
  expect(forgottenShadow(site.machine, START_MS + 6 * dayMs)).toEqual([])
  expect(forgottenShadow(site.machine, START_MS + 8 * dayMs)).toMatchObject([
    { code: 'machine-shadow-forgotten', what: expect.stringContaining('8 days'), machine: 'PRESS-07' },
  ])
})
