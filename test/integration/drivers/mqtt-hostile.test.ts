/** What strangers and broken publishers send to a topic, through a real broker. */
import { describe, expect, test, vi } from 'vitest'
import { hasMosquitto, startBroker } from '../../support/broker.ts'
import { mqttBench } from '../../support/mqtt-bench.ts'
import { publisherAt } from '../../support/mqtt-publisher.ts'

vi.setConfig({ testTimeout: 60_000 })
const SOON = { timeout: 60_000 }

const bench = mqttBench()
const { heard } = bench

const DEPTH = 20_000
const HOSTILE: readonly (readonly [name: string, json: string])[] = [
  [
    'an object that is no text',
    '{"list": [{"id": {"toString": 1, "valueOf": 1}, "v": 1}], "q": {"toString": 1}}',
  ],
  [
    'lists in lists',
    `{"list": [{"id": ${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}, "v": 1}], "q": ${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`,
  ],
  ['a quality with more digits than a number', '{"list": [{"id": "a", "v": 1}], "q": 123456789012345678901}'],
  ['objects in objects', `${'{"q":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`],
]

describe('JSON that is made to do harm', () => {
  test.each(HOSTILE)('%s, takes nothing down: the next message counts', async (_, json) => {
    const one = heard(
      `
tag: {topic: press/list, path: "list[id=a].v", quality: q}
mode: {topic: press/mode}
`,
      'availability: {topic: press/list, path: q, online: ok, offline: gone}, stale_after: 60s',
    )
    await one.opened
    await using publisher = await publisherAt(bench.broker.url)
    await publisher.say('press/list', json)
    await expect
      .poll(async () => {
        await publisher.say('press/list', { list: [{ id: 'a', v: 1 }], q: 'ok' })
        await publisher.say('press/mode', 'auto')
        return one.shown()
      }, SOON)
      .toEqual({ tag: 1, mode: 'auto' })
  })
})

test.runIf(hasMosquitto)(
  'a session in which more has waited than is taken at once is heard to its end, and nothing of it is lost',
  async () => {
    await bench.broker[Symbol.asyncDispose]()
    bench.broker = await startBroker({ mosquitto: ['max_queued_messages 0'] })
    const names = Array.from({ length: 50 }, (_, index) => `v${index}`)
    const signals = names.map((name) => `${name}: {topic: t, path: ${name}, time: at}`).join('\n')
    await using publisher = await publisherAt(bench.broker.url)
    const say = (value: number) =>
      publisher.say('t', { at: Date.now(), ...Object.fromEntries(names.map((name) => [name, value])) })
    const before = heard(signals, 'session: persistent')
    await expect
      .poll(async () => {
        await say(0)
        return before.shown().v0
      }, SOON)
      .toBe(0)
    await before[Symbol.asyncDispose]()
    await bench.stopDrivers()
    for (let value = 1; value <= 500; value++) await say(value)

    bench.startDrivers()
    const after = heard(signals, 'session: persistent')

    await expect.poll(() => after.shown().v49, SOON).toBe(500)
    const values = after.samples('v0').map(({ value }) => value)
    expect(values).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
    expect(after.story()).toEqual(['up', 'reading'])
  },
)

test.runIf(hasMosquitto)(
  'what has waited in a session comes to each of the machines that share a topic',
  async () => {
    const signal = 'v: {topic: t, path: v, time: at}'
    const device = 'session: persistent'
    await using publisher = await publisherAt(bench.broker.url)
    const say = (v: number) => publisher.say('t', { v, at: Date.now() })
    const before = [heard(signal, device, 'A'), heard(signal, device, 'B')]
    await expect
      .poll(async () => {
        await say(0)
        return before.map((one) => one.shown().v)
      }, SOON)
      .toEqual([0, 0])
    for (const one of before) await one[Symbol.asyncDispose]()
    await bench.stopDrivers()
    for (const v of [1, 2, 3]) await say(v)

    bench.startDrivers()
    const first = heard(signal, device, 'A')
    await expect.poll(() => first.shown().v, SOON).toBe(3)
    await say(4)
    await expect.poll(() => first.shown().v, SOON).toBe(4)
    const second = heard(signal, device, 'B')

    await expect.poll(() => second.shown().v, SOON).toBe(4)
    for (const one of [first, second])
      expect(one.samples('v').map(({ value }) => value)).toEqual([1, 2, 3, 4])
  },
)

test('a machine whose map says something else of the connection cuts no other one with the same client_id', async () => {
  await using publisher = await publisherAt(bench.broker.url)
  const signal = 'state: {topic: press/state}'
  const one = heard(signal, 'client_id: gateway-1', 'A')
  const speak = async (text: string) => {
    await publisher.say('press/state', text)
    return one.shown().state
  }
  await expect.poll(() => speak('first'), SOON).toBe('first')

  const two = heard(signal, 'client_id: gateway-1, keepalive: 20s', 'B')

  const why = () => JSON.stringify(two.collector.health())
  await expect.poll(why, SOON).toMatch(/client_id gateway-1 is that of another connection of this gateway/)
  await expect.poll(() => speak('second'), SOON).toBe('second')
  expect(one.story()).toEqual(['up', 'reading'])

  await one[Symbol.asyncDispose]()
  await expect
    .poll(async () => {
      await publisher.say('press/state', 'third')
      return two.shown().state
    }, SOON)
    .toBe('third')
})

test.runIf(hasMosquitto)(
  'messages that a broker repeats, since their acknowledgements were lost, take nothing back that came after them',
  async () => {
    const direct = bench.broker
    await using proxy = await bench.putProxyBefore()
    const one = heard('v: {topic: t, path: v, time: at}', 'session: persistent')
    await using publisher = await publisherAt(direct.url)
    const say = (v: number) => publisher.say('t', { v, at: at + Math.floor(v / 3) })
    const at = Date.now()
    await expect
      .poll(async () => {
        await say(0)
        return one.shown().v
      }, SOON)
      .toBe(0)
    proxy.impair('to-server', { kind: 'drop' })
    for (const v of [1, 2, 3, 4, 5]) await say(v)
    await expect.poll(() => one.shown().v, SOON).toBe(5)
    proxy.repair()
    proxy.reset()
    await expect.poll(() => one.story(), SOON).toEqual(['up', 'reading', 'down', 'up', 'reading'])
    await say(6)
    await expect.poll(() => one.shown().v, SOON).toBe(6)

    const values = one.samples('v').map(({ value }) => value)
    expect(values).toEqual([0, 1, 2, 3, 4, 5, 5, 6])
  },
)
