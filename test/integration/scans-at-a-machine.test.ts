/** A station and the machine beside it, through a real pipeline: what is scanned, and what becomes of the machine's rows. */
import { beforeEach, describe, expect, it } from 'vitest'
import { isMachineEvent, type MachineEvent } from '../../src/domain/events/machine.ts'
import { type Instant, shift } from '../../src/domain/instant.ts'
import type { OutboxEntry } from '../../src/domain/outbox.ts'
import { machineOwner, stationOwner } from '../../src/domain/owner.ts'
import type { CodeMeaning } from '../../src/domain/scan.ts'
import type { SignalValue } from '../../src/domain/signal.ts'
import type { ScanCommand } from '../../src/domain/station-map.ts'
import type { DerivedStatus } from '../../src/domain/status.ts'
import { Pipeline } from '../../src/pipeline.ts'
import { createLog } from '../../src/runtime/log.ts'
import { stationSubject } from '../../src/scans/station-subject.ts'
import { isMachineSubject, machineSubject } from '../../src/status/machine-subject.ts'
import { downtimesOf, historyOf, stopsOf, storyOf } from '../support/play-rows.ts'
import { press, readingOfPress } from '../support/press.ts'
import { badge, code, STATION, scan, stationMap } from '../support/station.ts'

const START_MS = Date.UTC(2026, 0, 31, 9)
const MINUTE = 60
const ANNA = 7
const run = { state: 'run', fault: 0 }
const stopped = { state: 'fault', fault: 0 }

class Site {
  readonly entries: OutboxEntry[] = []
  readonly verdicts: string[] = []
  readonly #pipeline: Pipeline
  #now: Instant = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000_000 }
  #scans = 0

  constructor() {
    const outbox = {
      append: async (entry: OutboxEntry) => void this.entries.push(entry),
      uncommitted: 0,
      states: async () => ({}),
    }
    const clock = { now: () => this.#now, sleep: async () => {}, after: () => () => {} }
    const answered = (_owner: unknown, { verdict }: { readonly verdict: string }) =>
      this.verdicts.push(verdict)
    this.#pipeline = new Pipeline({ outbox, clock, log: createLog('silent'), answered }, {})
    this.#pipeline.put(machineOwner('PRESS-07'), (remembered) => machineSubject(press(), remembered))
    this.#pipeline.put(stationOwner(STATION), (remembered) => stationSubject(stationMap(), remembered))
  }

  /** The machine shows this for so long. */
  show(values: Readonly<Record<string, SignalValue>>, seconds: number): this {
    for (let second = 0; second <= seconds; second += 1) {
      const at = this.#now
      const shown = second === 0 ? Object.entries(values) : []
      const samples = shown.map(([signal, value]) => ({ signal, value, quality: 'good', at }) as const)
      this.#pipeline.deliver(readingOfPress({ at, completeTo: at, samples }))
      this.#pipeline.beat()
      if (second < seconds) this.#now = shift(this.#now, 1_000)
    }
    return this
  }

  badgeIn(operator = ANNA): this {
    this.#pipeline.deliver({ ...badge(0, operator, { machine: this.#standing }), at: this.#now })
    return this
  }

  command(command: ScanCommand): this {
    return this.#scan(`!${command}`, { kind: 'command', command })
  }

  order(workOrder: string): this {
    return this.#scan(`WO-${workOrder}`, { kind: 'work_order', workOrder })
  }

  reason(reason: string, status: DerivedStatus | null = null): this {
    return this.#scan(`RSN:${reason}`, { kind: 'downtime_reason', reason, category: 'material', status })
  }

  #scan(data: string, meaning: CodeMeaning): this {
    this.#scans += 1
    // The same code within two seconds would be the same scan.
    const scanned = code(`${data}#${this.#scans}`, { meaning, scanType: meaning.kind })
    this.#pipeline.deliver({ ...scan(0, scanned), at: this.#now, machine: this.#standing })
    return this
  }

  get #standing() {
    const machine = this.#pipeline.subjectOf(machineOwner('PRESS-07'))
    if (!machine || !isMachineSubject(machine)) throw new Error('no machine is in place')
    return machine.standing(this.#now)
  }

  get events(): readonly MachineEvent[] {
    return this.entries.flatMap(({ events }) => events).filter(isMachineEvent)
  }

  get story() {
    return storyOf(historyOf(this.events), START_MS)
  }

  get stops() {
    return stopsOf(downtimesOf(this.events), START_MS)
  }
}

describe('a station beside a machine', () => {
  let site: Site
  beforeEach(() => {
    site = new Site().badgeIn()
  })

  it('names the whole stop, in the transaction of the scan', () => {
    site
      .show(run, 60)
      .show(stopped, 4 * MINUTE)
      .reason('material_shortage')
    const { events } = site.entries.at(-1) ?? { events: [] }
    expect(events.map(({ kind }) => kind)).toEqual(['scan', 'status.amended', 'downtime.amended'])
    expect(site.stops).toEqual(['+60.. material_shortage material open'])
    expect(downtimesOf(site.events)).toMatchObject([{ reportedBy: ANNA }])
  })

  it('names the last stop for half an hour, and hears the bad beep after that', () => {
    site
      .show(run, 60)
      .show(stopped, 5 * MINUTE)
      .show(run, 10 * MINUTE)
      .reason('material_shortage')
    expect(site.stops).toEqual(['+60..+360 material_shortage material 5 min'])
    site.show({}, 30 * MINUTE).reason('no_tool')
    expect(site.verdicts.slice(-2)).toEqual(['good', 'bad'])
    expect(site.stops).toEqual(['+60..+360 material_shortage material 5 min'])
  })

  it('begins a new stop where SPLIT comes before the reason', () => {
    site
      .show(run, 60)
      .show(stopped, 4 * MINUTE)
      .reason('material_shortage')
      .show({}, 10)
      .command('SPLIT')
    site
      .reason('no_tool')
      .show({}, 3 * MINUTE)
      .show(run, 60)
    expect(site.stops).toEqual([
      '+60..+310 material_shortage material 4 min',
      '+310..+490 no_tool material 3 min',
    ])
  })

  it('books the run on the order that is started at it, and knows who ended the stop', () => {
    site
      .show(run, 60)
      .show(stopped, 4 * MINUTE)
      .order('1')
      .command('START')
      .show({}, 10)
      .show(run, 60)
    expect(historyOf(site.events).map(({ workOrder }) => workOrder)).toEqual([null, null, '1'])
    expect(downtimesOf(site.events)).toMatchObject([{ workOrder: null, resolvedBy: ANNA }])
    site.order('1').command('COMPLETE').show({}, 60)
    expect(historyOf(site.events).map(({ workOrder }) => workOrder)).toEqual([null, null, '1', null])
  })

  it('declares a changeover, which trials do not end, and releases the machine', () => {
    site
      .show(run, 60)
      .reason('changeover', 'setup')
      .show({ state: 'ready' }, 10 * MINUTE)
    site
      .show(run, 30)
      .show({ state: 'ready' }, 3 * MINUTE)
      .command('OK_TO_RUN')
      .show(run, 60)
    expect(site.story).toEqual(['+0 running', '+60 setup changeover', '+870 running'])
    expect(downtimesOf(site.events)).toMatchObject([
      { reason: 'changeover', category: 'setup', reportedBy: ANNA, resolvedBy: ANNA },
    ])
  })
})
