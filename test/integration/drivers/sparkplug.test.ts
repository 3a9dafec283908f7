/** The Sparkplug driver at a real broker, with an edge node that does what the test says. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DeviceLink } from '../../../src/domain/driver.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import type { Reading, Sample } from '../../../src/domain/signal.ts'
import { BrokerPool } from '../../../src/drivers/shared/brokers/broker-pool.ts'
import { createSparkplugDriver } from '../../../src/drivers/sparkplug/driver.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { deviceOf, driverContext } from '../../support/driver-bench.ts'
import { DEVICE, startEdgeNode, type TestEdgeNode, type TestMetric } from '../../support/edge-node.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker[Symbol.asyncDispose]())

let brokers: BrokerPool
let driver: ReturnType<typeof createSparkplugDriver>
let node: TestEdgeNode
let abort: AbortController
beforeEach(async () => {
  brokers = new BrokerPool()
  driver = createSparkplugDriver(brokers)
  node = await startEdgeNode(broker.url)
  abort = new AbortController()
})
afterEach(async () => {
  abort.abort()
  await driver[Symbol.asyncDispose]()
  await brokers[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

test('the first reading is that of a birth, and data follow in order with their own times', async () => {
  const followed = await follow()
  await bear(1)
  await followed.until((samples) => samples.length >= 2)
  const first = followed.readings[0]?.samples.map(({ signal, value, quality }) => [signal, value, quality])
  expect(first).toEqual([
    ['state', 1, 'good'],
    ['good', 10n, 'good'],
  ])
  await wait(500)
  const at = Date.now()
  await node.data([state(2, at - 400), state(3, at - 200)])
  await node.data([{ name: 'Counts/Good', type: 'Int64', value: 11 }])
  await followed.until((samples) => samples.length >= 5)
  const [two, three, good] = followed.samples.slice(2)
  expect([two?.value, three?.value, good?.value]).toEqual([2, 3, 11n])
  expect((three?.at.monoMs ?? 0) - (two?.at.monoMs ?? 0)).toBe(200)
})

test('a metric that the birth does not have is a sample without value, which names the nearest', async () => {
  const followed = await follow({ state: { at: 'Status/Stat' } })
  await bear(1)
  await followed.until((samples) => samples.length === 1)
  expect(followed.samples[0]).toMatchObject({
    value: null,
    quality: 'bad',
    detail:
      'no such metric in the birth of Savannah/Line1/PRESS: "Status/Stat"; did you mean "Status/State"?',
  })
})

describe('nothing is shown that is not known', () => {
  test('before a birth, until it comes', async () => {
    const followed = await follow()
    await node.data([state(3)])
    await followed.until((samples) => samples.length === 2)
    expect(followed.samples.map(({ value, quality }) => [value, quality])).toEqual([
      [null, 'bad'],
      [null, 'bad'],
    ])
    expect(followed.samples[0]?.detail).toMatch(/^no birth has come yet; .* rebirth: request would ask$/)
    expect(followed.link.remark).toBe('waits for a birth: no birth has come yet')
    await bear(2)
    await followed.until((samples) => samples.length === 4)
    expect(followed.samples[2]).toMatchObject({ signal: 'state', value: 2, quality: 'good' })
    expect(node.asked).toBe(0)
  })

  test('after a message was lost, until the next birth', async () => {
    const followed = await follow()
    await bear(1)
    node.skip()
    await node.data([state(3)])
    await followed.until((samples) => samples.length === 4)
    expect(followed.samples[2]).toMatchObject({
      value: null,
      quality: 'bad',
      detail: expect.stringContaining('message 3 of its edge node Savannah/Line1 has come where 2 was due'),
    })
    await bear(3)
    await followed.until((samples) => samples.at(-2)?.value === 3)
  })

  test('of values of the past', async () => {
    const followed = await follow()
    await bear(1)
    await node.data([{ ...state(3), isHistorical: true }])
    await node.data([state(2)])
    await followed.until((samples) => samples.length === 3)
    expect(followed.samples.map(({ value }) => value)).toEqual([1, 10n, 2])
  })
})

describe('a link is lost', () => {
  test('by a pulled cable, and is back with the next birth', async () => {
    const followed = await follow()
    await bear(1)
    await followed.until((samples) => samples.length === 2)
    node.pull()
    expect(await followed.end).toMatchObject({
      code: 'link-dead',
      message: 'PRESS-07: its edge node Savannah/Line1 is gone: the broker has published its death',
    })
    await expect(follow()).rejects.toThrow(LinkLost)
    await node.connect()
    await bear(2)
    await expect
      .poll(() =>
        follow().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    const again = await follow()
    await again.until((samples) => samples[0]?.value === 2)
  })

  test('by the death of the device, and not by an old will of its node', async () => {
    const followed = await follow()
    await bear(1)
    await node.death(17)
    await node.data([state(2)])
    await followed.until((samples) => samples.at(-1)?.value === 2)
    await node.deviceDeath()
    expect(await followed.end).toMatchObject({
      code: 'link-dead',
      message: expect.stringContaining('says that it is gone'),
    })
  })

  test('with its broker, which is named', async () => {
    await using own = await startBroker()
    const other = await startEdgeNode(own.url)
    const followed = await follow({}, { url: own.url })
    await own.kill()
    expect(await followed.end).toBeInstanceOf(LinkLost)
    expect((await followed.end) as LinkLost).toMatchObject({
      message: expect.stringContaining(`${own.port}`),
    })
    await expect(follow({}, { url: own.url })).rejects.toThrow('PRESS-07')
    await other[Symbol.asyncDispose]()
  })
})

test('with stale_after a device that says nothing is lost, though its node lives', async () => {
  const followed = await follow({}, { stale_after: '1s' })
  await bear(1)
  expect(await followed.end).toMatchObject({
    code: 'link-stale',
    message: expect.stringMatching(/^PRESS-07: nothing has come of Savannah\/Line1\/PRESS for 1 s/),
  })
  await expect(follow({}, { stale_after: '1s' })).rejects.toMatchObject({ code: 'link-stale' })
  await node.data([state(2)])
  await expect
    .poll(() =>
      follow({}, { stale_after: '1s' }).then(
        ({ link }) => link.remark,
        () => 'lost',
      ),
    )
    .toBeUndefined()
})

test('without it, it is in contact for as long as its node lives', async () => {
  const followed = await follow()
  await bear(1)
  await followed.until(() => followed.readings.length >= 4)
  expect(followed.readings.slice(1).flatMap(({ samples }) => samples)).toEqual([])
  const times = followed.readings.map(({ at }) => at.monoMs)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})

test('after the broker was killed, what is shown is what a birth says that was asked for', async () => {
  await using own = await startBroker()
  await using honouring = await startEdgeNode(own.url, true)
  const settings = { url: own.url, rebirth: 'request' }
  await honouring.birth()
  await honouring.deviceBirth(press(5))
  const before = await follow({}, settings)
  await before.until((samples) => samples[0]?.value === 5)
  await own.kill()
  expect(await before.end).toBeInstanceOf(LinkLost)
  await own.start()
  await honouring.connect()
  await expect
    .poll(
      () =>
        follow({}, settings).then(
          () => true,
          () => false,
        ),
      { timeout: 60_000 },
    )
    .toBe(true)
  const after = await follow({}, settings)
  await after.until((samples) => samples[0]?.value === 5 && samples[0].quality === 'good')
})

test('a device that comes back, as after a change of its map, knows the birth that was heard before', async () => {
  const first = await follow()
  await bear(4)
  await first.until((samples) => samples.length === 2)
  await first.link[Symbol.asyncDispose]()
  const second = await follow()
  await second.until((samples) => samples.length === 2)
  expect(second.samples[0]).toMatchObject({ value: 4, quality: 'good' })
})

test('with rebirth: request a birth is asked for, once for all devices of the node, and nothing else is published', async () => {
  await using honouring = await startEdgeNode(broker.url, true)
  await honouring.birth()
  await honouring.deviceBirth(press(5))
  const followed = await Promise.all([follow({}, { rebirth: 'request' }), follow({}, { rebirth: 'request' })])
  for (const one of followed) await one.until((samples) => samples.length === 2)
  expect(followed[0]?.samples[0]).toMatchObject({ value: 5, quality: 'good' })
  expect(honouring.asked).toBe(1)
})

function state(value: number, at?: number): TestMetric {
  return { name: 'Status/State', type: 'Int32', value, ...(at !== undefined && { at }) }
}

function press(value: number): readonly TestMetric[] {
  return [state(value), { name: 'Counts/Good', type: 'Int64', value: 10 }]
}

async function bear(value: number): Promise<void> {
  await node.birth()
  await node.deviceBirth(press(value))
}

/** Opens a link and gathers what it yields. */
async function follow(signals: Parameters<typeof deviceOf>[2] = {}, settings: object = {}) {
  const drafts = { state: { at: 'Status/State' }, good: { at: 'Counts/Good' } }
  const all = Object.keys(signals).length > 0 ? signals : drafts
  const device = deviceOf(driver, { ...node.settings, device: DEVICE, version: '3.1.1', ...settings }, all)
  const link: DeviceLink = await driver.connect(device, driverContext(), abort.signal)
  const readings: Reading[] = []
  const samples: Sample[] = []
  const end = gather(link, readings, samples)
  return {
    link,
    readings,
    samples,
    end,
    until: (isEnough: (samples: readonly Sample[]) => boolean) =>
      expect.poll(() => isEnough(samples), { timeout: 60_000, interval: 10 }).toBe(true),
  }
}

async function gather(link: DeviceLink, readings: Reading[], samples: Sample[]): Promise<unknown> {
  try {
    for await (const reading of link) {
      readings.push(reading)
      samples.push(...reading.samples)
    }
    return undefined
  } catch (error) {
    return error
  }
}
