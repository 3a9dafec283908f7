/** What the pipeline promises, on a real outbox. */
import { describe, expect, test } from 'vitest'
import type { OutboxEntry } from '../../src/domain/outbox.ts'
import { machineOwner, type Owner, stationOwner } from '../../src/domain/owner.ts'
import type { Context, Message, Remembered, Subject, Taken, Tick } from '../../src/domain/subject.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { createLog } from '../../src/runtime/log.ts'
import { isMachineSubject, machineSubject } from '../../src/status/machine-subject.ts'
import { testOutbox } from '../support/buffer.ts'
import { opened } from '../support/central-events.ts'
import { START_MS } from '../support/play.ts'
import { press } from '../support/press.ts'

/** A real outbox, and the entries that were handed to it. */
async function recorder() {
  const real = await testOutbox()
  const entries: OutboxEntry[] = []
  const append = (entry: OutboxEntry) => {
    entries.push(entry)
    return real.append(entry)
  }
  // Its private fields are the real one's, which is asked for everything else.
  const outbox = new Proxy(real, {
    get: (target, name) => {
      if (name === 'append') return append
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { entries, real, outbox }
}

async function pipelineOn(
  { outbox }: Pick<Awaited<ReturnType<typeof recorder>>, 'outbox'>,
  log = createLog('silent'),
) {
  let at = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000 }
  const clock = { now: () => at, sleep: async () => {}, after: () => () => {} }
  const pipeline = await createPipeline({ outbox, clock, log })
  return {
    pipeline,
    clock,
    pass: (seconds: number) => {
      at = { boot: 'boot-1', wallMs: at.wallMs + seconds * 1_000, monoMs: at.monoMs + seconds * 1_000 }
    },
  }
}

/** A station whose every scan names an operator for a machine. */
class Station implements Subject {
  readonly wakeAtMs = undefined
  readonly lastSeen = null
  readonly owner: Owner
  readonly #machine: Owner
  state = { scans: 0 }
  constructor(owner: Owner, machine: Owner) {
    this.owner = owner
    this.#machine = machine
  }
  take(input: Message | Tick): Taken {
    if (input.kind !== 'scan') return { events: [] }
    this.state = { scans: this.state.scans + 1 }
    const at = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000 }
    const context: Context = { kind: 'context', subject: this.#machine, at, operator: 17 }
    return { events: [opened({ subject: this.owner })], state: this.state, context: [context] }
  }
  checkpoint = () => undefined
  health = () => ({ summary: {}, troubles: [] })
  retire(): Taken {
    const at = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000 }
    const context: Context = { kind: 'context', subject: this.#machine, at, operator: null }
    return { events: [], state: this.state, context: [context] }
  }
}

/** A machine that notes who works at it. */
class Workplace extends Station {
  override take(input: Message | Tick): Taken {
    if (input.kind !== 'context') return { events: [] }
    const { operator } = input as Context
    return { events: [opened({ subject: this.owner, reason: `operator ${operator}` })], state: { scans: 1 } }
  }
}

describe('a message', () => {
  test('of which nothing comes is durable at once, and nothing is stored', async () => {
    const recording = await recorder()
    const { pipeline } = await pipelineOn(recording)
    const receipt = pipeline.deliver({ kind: 'reading', subject: machineOwner('NOBODY') })
    await receipt.durable
    expect(receipt.crowded).toBe(false)
    expect(recording.entries).toEqual([])
  })

  test('is durable when its commit has ended, and not before', async () => {
    const recording = await recorder()
    const { pipeline } = await pipelineOn(recording)
    const owner = stationOwner('PACK-1')
    pipeline.put(owner, () => new Station(owner, machineOwner('M-1')))
    let isDurable = false
    const { durable } = pipeline.deliver({ kind: 'scan', subject: owner })
    void durable.then(() => {
      isDurable = true
    })
    await Promise.resolve()
    expect(isDurable).toBe(false)
    await durable
    expect((await recording.real.read(0, 10)).map(({ event }) => event.subject)).toEqual([owner])
    expect(await recording.real.states()).toEqual({ [owner]: { scans: 1 } })
  })

  test('is told that too much waits for the disk once ten thousand entries do', async () => {
    const recording = await recorder()
    const { pipeline } = await pipelineOn(recording)
    const owner = stationOwner('PACK-1')
    pipeline.put(owner, () => new Station(owner, machineOwner('M-1')))
    const scan = () => pipeline.deliver({ kind: 'scan', subject: owner })
    for (let count = 0; count < 10_000; count += 1) expect(scan().crowded).toBe(false)
    const last = scan()
    expect(last.crowded).toBe(true)
    await last.durable
    expect(scan().crowded).toBe(false)
  })

  test('takes its context to another subject within the same entry', async () => {
    const recording = await recorder()
    const { pipeline } = await pipelineOn(recording)
    const [station, machine] = [stationOwner('PACK-1'), machineOwner('M-1')]
    pipeline.put(station, () => new Station(station, machine))
    pipeline.put(machine, () => new Workplace(machine, machine))
    pipeline.deliver({ kind: 'scan', subject: station })
    expect(recording.entries).toMatchObject([
      {
        events: [{ subject: station }, { subject: machine, reason: 'operator 17' }],
        states: { [station]: { scans: 1 }, [machine]: { scans: 1 } },
      },
    ])
  })
})

test('a station that is taken away lets its machine know, within the entry that ends it', async () => {
  const { entries, outbox } = await recorder()
  const { pipeline } = await pipelineOn({ outbox })
  const [station, machine] = [stationOwner('PACK-1'), machineOwner('PRESS-07')]
  pipeline.put(station, () => new Station(station, machine))
  pipeline.put(machine, () => new Workplace(machine, machine))
  await pipeline.remove(station).durable
  expect(pipeline.subjectOf(station)).toBeUndefined()
  expect(entries).toMatchObject([
    {
      events: [{ subject: machine, reason: 'operator null' }],
      states: { [station]: { scans: 0 }, [machine]: { scans: 1 } },
    },
  ])
})

test('what is wrong with a subject when it is put in place is logged, with its code', async () => {
  const recording = await recorder()
  const owner = machineOwner('M-1')
  const at = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000 }
  await recording.real.append({ at, events: [], states: { [owner]: { v: 99 } } })
  const lines: Readonly<Record<string, unknown>>[] = []
  const log = createLog('warn', { write: (line) => void lines.push(JSON.parse(line)) })
  const { pipeline } = await pipelineOn(recording, log)
  pipeline.put(owner, (remembered) => machineSubject({ ...press(), machine: 'M-1' }, remembered))
  expect(lines).toMatchObject([
    { code: 'machine-state-unreadable', machine: 'M-1', msg: expect.stringContaining('M-1') },
  ])
})

describe('a machine called', () => {
  test.each(['#3', '#alive', 'gateway:alive', 'machine:#3'])(
    '%s is a machine like any other',
    async (code) => {
      const recording = await recorder()
      const { pipeline, clock, pass } = await pipelineOn(recording)
      const owner = machineOwner(code)
      pipeline.put(owner, (remembered) => machineSubject({ ...press(), machine: code }, remembered))
      const show = (state?: string) => {
        const at = clock.now()
        const samples =
          state === undefined ? [] : [{ signal: 'state', value: state, quality: 'good' as const, at }]
        const reading = { at, completeTo: at, samples }
        pipeline.deliver({ kind: 'reading', device: 'PRESS-07', subject: owner, reading })
      }
      show('run')
      pass(1)
      show()
      pass(1)
      show()
      const stop = new AbortController()
      const running = pipeline.run(stop.signal)
      stop.abort()
      await running
      expect(recording.entries.flatMap(({ events }) => events)).toMatchObject([
        { kind: 'status.opened', subject: owner, status: 'running' },
      ])

      // After a restart both are there: what the machine was doing, and when it was last seen.
      await recording.real.append({ at: clock.now(), events: [], states: {} })
      expect(Object.keys(await recording.real.states()).sort()).toEqual(['gateway:alive', owner])
      const again = await pipelineOn(recording)
      again.pipeline.put(owner, (known) => machineSubject({ ...press(), machine: code }, known))
      const [machine] = again.pipeline.subjects.filter(isMachineSubject)
      expect(machine?.health().summary).toMatchObject({
        machine: code,
        status: 'running',
        lastSeenMs: clock.now().wallMs,
      })
    },
  )
})

test('when subjects were last seen is known as version 1 noted it apart, with its boot, and is not kept there', async () => {
  const alive = {
    v: 1,
    bootId: 'boot-0',
    at: { boot: 'boot-1', wallMs: START_MS - 10_000, monoMs: 9_000_000 },
    lastSeen: { 'machine:M-1': { wallMs: START_MS - 10_000, monoMs: 9_000_000 } },
  }
  const recording = await recorder()
  await recording.real.append({ at: alive.at, events: [], states: { 'gateway:alive': alive } })
  const { pipeline } = await pipelineOn(recording)
  let remembered: Remembered | undefined
  pipeline.put('machine:M-1', (known) => {
    remembered = known
    return new Station('machine:M-1', 'machine:M-1')
  })
  expect(remembered?.lastSeen).toEqual({ boot: 'boot-0', wallMs: START_MS - 10_000, monoMs: 9_000_000 })
  await pipeline.beat(true).durable
  expect(await recording.real.states()).toEqual({ 'gateway:alive': { v: 2, at: expect.anything() } })
})

test('when a gateway last ran is known to the next one', async () => {
  const recording = await recorder()
  const { pipeline, clock } = await pipelineOn(recording)
  const ranAt = clock.now()
  await pipeline.beat().durable
  const again = await pipelineOn(recording)
  let remembered: Remembered | undefined
  again.pipeline.put('machine:M-1', (known) => {
    remembered = known
    return new Station('machine:M-1', 'machine:M-1')
  })
  expect(remembered?.aliveAt).toEqual(ranAt)
})

test('what version 0 saved of a machine called #alive is not taken for when the others were last seen', async () => {
  const recording = await recorder()
  const saved = { bootId: 'boot-0', open: null, lastSeen: null, carryMs: {}, counters: {} }
  const at = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000 }
  await recording.real.append({ at, events: [], states: { 'gateway:alive': saved } })
  const { pipeline } = await pipelineOn(recording)
  let remembered: Remembered | undefined
  pipeline.put('machine:M-1', (known) => {
    remembered = known
    return new Station('machine:M-1', 'machine:M-1')
  })
  expect(remembered?.lastSeen).toBeUndefined()
})
