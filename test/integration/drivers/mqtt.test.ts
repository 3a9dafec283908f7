/** Devices that publish to a broker, as the gateway hears them through a real one. */
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { hasMosquitto } from '../../support/broker.ts'
import type { Collected } from '../../support/collected.ts'
import { mqttBench } from '../../support/mqtt-bench.ts'
import { publisherAt } from '../../support/mqtt-publisher.ts'

vi.setConfig({ testTimeout: 60_000 })
// The machine may be busy, and a first reading waits 3 s for values that do not come.
const SOON = { timeout: 60_000 }

const bench = mqttBench()
const { heard } = bench

/** Why its link is down, as `status` says it. */
function why(one: Collected): string {
  return JSON.stringify(one.collector.health())
}

const ONE = 'state: {topic: press/state}'

describe('values', () => {
  test('plain texts, numbers and JSON each arrive as what they are', async () => {
    const one = heard(`
mode: {topic: press/mode}
count: {topic: press/count}
power: {topic: press/meter, path: ENERGY.Power}
door: {topic: press/meter, path: '["door.open"]'}
second: {topic: press/list, path: "list[1].v"}
tag: {topic: press/list, path: "list[id=b.c].v"}
on: {topic: press/relay, type: bit}
number: {topic: press/text, path: v, type: f64}
named: {topic: press/named, names: {ON: running, OFF: stopped}}
`)
    await one.opened
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('press/mode', 'Auto\n')
    await publisher.say('press/count', '9007199254740993')
    await publisher.say('press/meter', { ENERGY: { Power: 12.5 }, 'door.open': true })
    await publisher.say('press/list', {
      list: [
        { id: 'a', v: 1 },
        { id: 'b.c', v: 2 },
      ],
    })
    await publisher.say('press/relay', 'ON')
    await publisher.say('press/text', { v: '21.5' })
    await publisher.say('press/named', 'ON')
    await expect
      .poll(() => one.shown())
      .toEqual({
        mode: 'Auto',
        count: 9007199254740993n,
        power: 12.5,
        door: true,
        second: 2,
        tag: 2,
        on: true,
        number: 21.5,
        named: 'running',
      })
    expect(one.story()).toEqual(['up', 'reading'])
    expect(one.samples().every(({ quality }) => quality === 'good')).toBe(true)
  })

  test('what cannot be read is a bad value that says why and where, and no lost link', async () => {
    const one = heard(`
state: {topic: press/state}
power: {topic: press/meter, path: ENERGY.Powr}
`)
    await one.opened
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('press/state', { a: 1 })
    await publisher.say('press/meter', { ENERGY: { Power: 12.5, Today: 3 } })
    await expect
      .poll(() => one.samples('power').map(({ detail }) => detail))
      .toEqual(['ENERGY has no Powr: it has the keys Power, Today; did you mean Power?'])
    await publisher.say('press/meter', '{"ENERGY": {"Pow')
    await publisher.say('press/meter', Buffer.from([0x53, 0x74, 0xf6, 0x72]))
    await publisher.say('press/meter', '')
    await expect
      .poll(() =>
        one
          .samples('power')
          .map(({ detail }) => detail)
          .slice(1),
      )
      .toEqual([
        expect.stringMatching(/^the message is no JSON.*\{"ENERGY": \{"Pow$/),
        'the message is no text in UTF-8: it begins with 53 74 f6 72',
        'the message is empty, by which a retained one is deleted',
      ])
    expect(one.samples('state').map(({ value, quality, detail }) => [value, quality, detail])).toEqual([
      [
        null,
        'bad',
        'the message is an object and no single value: path says where in it the value stands, as in a',
      ],
    ])
    expect(one.story()).toEqual(['up', 'reading'])
  })

  test('a wildcard takes what matches, and nothing else', async () => {
    const one = heard(`
one: {topic: plant/+/state}
rest: {topic: "other/#"}
`)
    await one.opened
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('plant/a/state', 'a')
    await publisher.say('plant/a/b/state', 'no')
    await publisher.say('plant/state', 'no')
    await publisher.say('other', 'root')
    await publisher.say('other/x/y', 'deep')
    await publisher.say('otherwise', 'no')
    await expect.poll(() => one.shown(), SOON).toEqual({ one: 'a', rest: 'deep' })
    expect(one.samples('one').map(({ value }) => value)).toEqual(['a'])
    expect(one.samples('rest').map(({ value }) => value)).toEqual(['root', 'deep'])
  })

  test('with partial, a message without the key changes nothing', async () => {
    const one = heard('a: {topic: press, path: a}\nb: {topic: press, path: b}', 'partial: true')
    await one.opened
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('press', { a: 1, b: 1 })
    await publisher.say('press', { a: 2 })
    await publisher.say('press', { b: 2 })
    await expect.poll(() => one.shown(), SOON).toEqual({ a: 2, b: 2 })
    expect(one.samples().every(({ quality }) => quality === 'good')).toBe(true)
  })

  test('with partial, a value that no message has is told with what the messages have', async () => {
    const map =
      'a: {topic: kep, path: "values[id=Line.State].v"}\nb: {topic: kep, path: "values[id=line.Count].v"}'
    const one = heard(map, 'partial: true')
    await one.opened
    await using publisher = await publisherAt(bench.broker.url)
    const values = [
      { id: 'Line.State', v: 2 },
      { id: 'Line.Count', v: 7 },
    ]
    await publisher.say('kep', { values })
    await expect
      .poll(() => one.samples('b').map(({ detail }) => detail), SOON)
      .toEqual([
        'no message has had this value yet: values has no item whose id is line.Count; did you mean Line.Count?',
      ])
  })

  test('what its publisher calls bad is bad', async () => {
    const one = heard('v: {topic: kep, path: "values[id=A].v", quality: "values[id=A].q"}')
    await one.opened
    await using publisher = await publisherAt(bench.broker.url)
    for (const q of [true, false, 192, 64, 'Good', 'Bad'])
      await publisher.say('kep', { values: [{ id: 'A', v: 5, q }] })
    await expect
      .poll(() => one.samples('v').map(({ quality }) => quality), SOON)
      .toEqual(['good', 'bad', 'good', 'uncertain', 'good', 'bad'])
  })
})

describe('what was retained', () => {
  test('is uncertain, never dated now, and no proof that its publisher is there', async () => {
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('press/state', 'old', { retain: true })
    await publisher.say('press/count', '1', { retain: true })
    const beforeMs = Date.now()
    const one = heard('state: {topic: press/state}\ncount: {topic: press/count}')
    await one.opened
    expect(one.messages).toEqual([])
    await publisher.say('press/count', '2')
    await expect.poll(() => one.story(), SOON).toEqual(['up', 'reading'])
    const [state] = one.samples('state')
    expect(state).toMatchObject({
      value: 'old',
      quality: 'uncertain',
      detail: 'retained by the broker: nobody knows how old',
    })
    const counted = one.samples('count').at(-1)
    expect(counted).toMatchObject({ value: 2, quality: 'good' })
    expect(state?.at.wallMs).toBeLessThan(counted?.at.wallMs ?? 0)
    expect(state?.at.wallMs).toBeGreaterThanOrEqual(beforeMs)
  })

  test('does not take the place of what came live, when another device subscribes to the same', async () => {
    await using publisher = await publisherAt(bench.broker.url)
    const one = heard(ONE)
    await one.opened
    await publisher.say('press/state', 'kept', { retain: true })
    await publisher.say('press/state', 'live')
    await expect.poll(() => one.shown(), SOON).toEqual({ state: 'live' })
    const two = heard(ONE, '', 'PRESS-08')
    await two.opened
    await publisher.say('press/state', 'newer')
    await expect.poll(() => two.shown(), SOON).toEqual({ state: 'newer' })
    expect(one.samples('state').map(({ value, quality }) => [value, quality])).toEqual([
      ['kept', 'good'],
      ['live', 'good'],
      ['newer', 'good'],
    ])
  })

  test('is good where its publisher keeps it up to date, and is online', async () => {
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('press/state', 'auto', { retain: true })
    await publisher.say('press/online', 'true', { retain: true })
    const one = heard(
      ONE,
      'retained: current, availability: {topic: press/online, online: true, offline: false}',
    )
    await expect.poll(() => one.samples('state'), SOON).toMatchObject([{ value: 'auto', quality: 'good' }])
  })
})

describe('availability', () => {
  const device = 'availability: {topic: press/online}'

  test('a last will is a lost link with its cause, and its publisher is heard again when it is back', async () => {
    const will = { topic: 'press/online', payload: Buffer.from('offline'), qos: 1 as const, retain: true }
    const publisher = await publisherAt(bench.broker.url, { will })
    await publisher.say('press/online', 'online', { retain: true })
    const one = heard(ONE, device)
    await expect.poll(() => one.story(), SOON).toEqual(['up', 'reading'])
    await publisher.say('press/state', 'auto')
    await expect.poll(() => one.shown(), SOON).toEqual({ state: 'auto' })
    publisher.die()
    await expect.poll(() => one.story(), SOON).toEqual(['up', 'reading', 'down'])
    expect(one.messages.at(-1)).toMatchObject({
      cause: `PRESS-07: press/online says that its publisher is offline (${bench.broker.url})`,
    })
    await using again = await publisherAt(bench.broker.url, { will })
    await again.say('press/online', 'online', { retain: true })
    await expect.poll(() => one.story(), SOON).toEqual(['up', 'reading', 'down', 'up', 'reading'])
  })

  test('while it is online, a device is in contact without saying anything', async () => {
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('press/online', 'Online', { retain: true })
    const one = heard(ONE, device)
    await expect.poll(() => one.readings().length, { timeout: 60_000 }).toBeGreaterThan(2)
    expect(one.samples('state').map(({ detail }) => detail)).toEqual([
      'no message of press/state has come yet; capital letters count, and millrace browse shows what is published',
    ])
    expect(one.story()).toEqual(['up', 'reading'])
  })

  test('a word that the map does not know is no sign of life', async () => {
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('press/online', 'asleep', { retain: true })
    const one = heard(ONE, device)
    await expect.poll(() => why(one), SOON).toMatch(/says \\"asleep\\", which is neither online nor offline/)
  })

  test('in JSON, and of a gateway and the device behind it, all must be online', async () => {
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('bridge/state', { state: 'online' }, { retain: true })
    await publisher.say('press/online', { state: 'online' }, { retain: true })
    const one = heard(
      ONE,
      'availability: [{topic: bridge/state, path: state}, {topic: press/online, path: state}]',
    )
    await expect.poll(() => one.story(), SOON).toEqual(['up', 'reading'])
    await publisher.say('bridge/state', { state: 'offline' }, { retain: true })
    await expect.poll(() => one.story(), SOON).toEqual(['up', 'reading', 'down'])
  })
})

describe('silence', () => {
  test('is a lost link after stale_after, and says which topics are meant', async () => {
    const one = heard(ONE, 'stale_after: 1s')
    await using publisher = await publisherAt(bench.broker.url)
    await expect.poll(() => why(one), SOON).toMatch(/nothing has come on press\/state for 1 s/)
    await expect
      .poll(async () => {
        await publisher.say('press/state', 'auto')
        return one.story()
      }, SOON)
      .toEqual(['down', 'up', 'reading'])
    await expect.poll(() => one.story(), SOON).toEqual(['down', 'up', 'reading', 'down'])
  })
})

describe('times', () => {
  test('a time in the message dates the value; one that cannot be true does not', async () => {
    const one = heard('v: {topic: t, path: v, time: at}')
    await one.opened
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('t', { v: 0 })
    await wait(1_500)
    const measuredMs = Date.now() - 400
    await publisher.say('t', { v: 1, at: new Date(measuredMs).toISOString() })
    await expect.poll(() => one.shown(), SOON).toEqual({ v: 1 })
    expect(one.samples('v').at(-1)?.at.wallMs).toBeCloseTo(measuredMs, -1)
    const beforeMs = Date.now()
    await publisher.say('t', { v: 2, at: (beforeMs - 3_600_000) / 1_000 })
    await expect.poll(() => one.shown(), SOON).toEqual({ v: 2 })
    expect(one.samples('v').at(-1)?.at.wallMs).toBeGreaterThanOrEqual(beforeMs - 5)
    expect(why(one)).toContain('the clock of its publisher is 60 min behind')
    for (const reading of one.readings()) {
      expect(reading.completeTo.monoMs).toBeLessThanOrEqual(reading.at.monoMs)
      const ats = reading.samples.map(({ at }) => at.monoMs)
      expect(ats).toEqual(ats.toSorted((a, b) => a - b))
    }
  })
})

describe('the broker', () => {
  test('devices share one connection, and all of them are back after it was restarted', async () => {
    const direct = bench.broker
    await using proxy = await bench.putProxyBefore()
    const all = ['A', 'B', 'C'].map((name) => heard(`state: {topic: ${name}/state}`, '', name))
    await Promise.all(all.map(({ opened }) => opened))
    const accepted = proxy.accepted
    const speak = async (text: string) => {
      await using publisher = await publisherAt(direct.url)
      for (const name of ['A', 'B', 'C']) await publisher.say(`${name}/state`, text)
    }
    await speak('one')
    await expect.poll(() => all.map((one) => one.shown().state), SOON).toEqual(['one', 'one', 'one'])
    // Mosquitto is asked once for its version of MQTT, a broker without 5 twice.
    expect(accepted).toBeLessThanOrEqual(direct.kind === 'mosquitto' ? 1 : 2)
    await direct.kill()
    await expect.poll(() => all.map((one) => one.story().at(-1)), SOON).toEqual(['down', 'down', 'down'])
    await direct.start()
    await expect
      .poll(
        async () => {
          await speak('two')
          return all.map((one) => one.shown().state)
        },
        { timeout: 60_000, interval: 300 },
      )
      .toEqual(['two', 'two', 'two'])
    for (const [index, one] of all.entries()) {
      expect(one.messages.find(({ kind }) => kind === 'link')).toMatchObject({ up: true })
      const down = one.messages.find((message) => message.kind === 'link' && !message.up)
      expect(down).toMatchObject({ cause: expect.stringContaining(`${['A', 'B', 'C'][index]}: mqtt://`) })
    }
  })
})

test('a broker that is killed again and again while machines publish: each time all is heard again, and nothing piles up', async () => {
  const warnings: string[] = []
  const note = ({ message }: Error) => warnings.push(message)
  process.on('warning', note)
  const one = heard(ONE, 'stale_after: 5s')
  for (let life = 1; life <= 12; life++) {
    await expect
      .poll(
        async () => {
          await using publisher = await publisherAt(bench.broker.url)
          await publisher.say('press/state', `life ${life}`)
          return one.shown().state
        },
        { ...SOON, interval: 100 },
      )
      .toBe(`life ${life}`)
    await bench.broker.kill()
    await expect.poll(() => one.story().at(-1), SOON).toBe('down')
    await bench.broker.start()
  }
  process.off('warning', note)
  expect(warnings).toEqual([])
  expect(one.samples().every(({ quality }) => quality === 'good')).toBe(true)
})

test.runIf(hasMosquitto)(
  'a persistent session brings what came while the broker could not be reached, dated by its time',
  async () => {
    const direct = bench.broker
    await using proxy = await bench.putProxyBefore()
    const one = heard('v: {topic: t, path: v, time: at}', 'session: persistent, stale_after: 60s')
    await one.opened
    await using publisher = await publisherAt(direct.url)
    const say = (v: number) => publisher.say('t', { v, at: Date.now() })
    await say(1)
    await expect.poll(() => one.shown(), SOON).toEqual({ v: 1 })
    proxy.refuse()
    proxy.reset()
    await expect.poll(() => one.story().at(-1), SOON).toBe('down')
    const saidMs: number[] = []
    for (const v of [2, 3, 4]) {
      saidMs.push(Date.now())
      await say(v)
      await wait(400)
    }
    proxy.repair()

    await expect.poll(() => one.shown(), SOON).toEqual({ v: 4 })

    const late = one.samples('v').filter(({ value }) => Number(value) > 1)
    expect(late.map(({ value }) => value)).toEqual([2, 3, 4])
    for (const [index, sample] of late.entries())
      expect(Math.abs(sample.at.wallMs - (saidMs[index] ?? 0))).toBeLessThan(100)
  },
)

test.runIf(hasMosquitto)(
  'after a restart of the gateway, what has waited in its session comes, and is not dated before the restart',
  async () => {
    const signal = 'v: {topic: t, path: v, time: at}'
    const before = heard(signal, 'session: persistent')
    await using publisher = await publisherAt(bench.broker.url)
    const say = (v: number) => publisher.say('t', { v, at: Date.now() })
    await expect
      .poll(async () => {
        await say(1)
        return before.shown()
      }, SOON)
      .toEqual({ v: 1 })
    await before[Symbol.asyncDispose]()
    await bench.stopDrivers()
    for (const v of [2, 3]) await say(v)
    await wait(1_000)
    const restartedMs = Date.now()
    bench.startDrivers()
    const after = heard(signal, 'session: persistent')
    await expect.poll(() => after.shown(), SOON).toEqual({ v: 3 })
    expect(after.samples('v').map(({ value }) => value)).toEqual([2, 3])
    for (const { at } of after.samples('v')) expect(at.wallMs).toBeGreaterThanOrEqual(restartedMs)
  },
)
