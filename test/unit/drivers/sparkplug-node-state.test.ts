import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Instant } from '../../../src/domain/instant.ts'
import { type NodeNews, NodeState } from '../../../src/drivers/sparkplug/node-state.ts'
import { encodePayload, type MetricToSend } from '../../../src/mqtt/sparkplug/payload.ts'
import type { EdgeTopic } from '../../../src/mqtt/sparkplug/topics.ts'

const AT_MS = 1_800_000_000_000

test('a birth names metrics and brings their values, and data go by its aliases', () => {
  const { node, birth, data } = edge()
  expect(birth()).toEqual({ kind: 'born', of: null })
  expect(birth('PRESS')).toEqual({ kind: 'born', of: 'PRESS' })
  expect(shown(node, 'State')).toMatchObject({ value: 1, quality: 'good' })
  expect(data(2, [state(3)])).toMatchObject({
    kind: 'data',
    of: 'PRESS',
    shown: [{ name: 'State', value: 3 }],
  })
  expect(shown(node, 'State')).toMatchObject({ value: 3 })
})

test('nothing is known before a birth', () => {
  const { node, data, birth } = edge()
  expect(data(17, [state(3)])).toEqual({ kind: 'unborn', of: 'PRESS' })
  expect(node.standing('PRESS')).toEqual({ kind: 'unborn', why: 'no birth has come yet' })
  birth()
  expect(node.standing('PRESS')).toMatchObject({ why: expect.stringContaining('is born, and it is not yet') })
})

describe('nothing that was known can be trusted any more', () => {
  test('where a message is missing, until the next birth', () => {
    const { node, birth, data } = edge()
    birth()
    birth('PRESS')
    expect(data(3, [state(2)])).toEqual({ kind: 'doubted' })
    expect(node.standing('PRESS')).toEqual({
      kind: 'unborn',
      why: 'message 3 of its edge node G/N has come where 2 was due: some were lost',
    })
    expect(data(4, [state(3)])).toEqual({ kind: 'unborn', of: 'PRESS' })
    birth()
    birth('PRESS')
    expect(shown(node, 'State')).toMatchObject({ value: 1 })
  })

  test('where data come under an alias that no birth has named', () => {
    const { node, birth, data } = edge()
    birth()
    birth('PRESS')
    expect(data(2, [{ ...state(2), name: undefined, alias: 99 }])).toEqual({ kind: 'doubted' })
    expect(node.standing('PRESS')).toMatchObject({ why: expect.stringContaining('the alias 99') })
  })

  test('where a message cannot be read', () => {
    const { node, birth, take } = edge()
    birth()
    birth('PRESS')
    expect(take({ kind: 'DDATA', ...PRESS }, Buffer.from('{"state": 3}'))).toEqual({ kind: 'doubted' })
    expect(node.standing('PRESS')).toMatchObject({
      why: expect.stringContaining('a message of DDATA cannot be read'),
    })
  })
})

test('a message that the broker hands on twice counts once', () => {
  const { node, birth, take } = edge()
  birth()
  birth('PRESS')
  const bytes = encodePayload({ at: AT_MS, seq: 2, metrics: [state(3)] })
  expect(take({ kind: 'DDATA', ...PRESS }, bytes)).toMatchObject({ kind: 'data' })
  expect(take({ kind: 'DDATA', ...PRESS }, Buffer.from(bytes))).toEqual({ kind: 'nothing' })
  expect(node.standing('PRESS').kind).toBe('born')
})

describe('a sender that writes its payloads as protobuf 3 does, without what is zero', () => {
  test('is understood where its number is 0', () => {
    const { birth, data, take } = edge()
    birth()
    birth('PRESS')
    for (let seq = 2; seq < 256; seq++) expect(data(seq, [state(seq % 5)]).kind).toBe('data')
    const unnumbered = encodePayload({ at: AT_MS + 7, metrics: [state(3)] })
    expect(take({ kind: 'DDATA', ...PRESS }, unnumbered).kind).toBe('data')
    expect(data(1, [state(2)]).kind).toBe('data')
    expect(take({ kind: 'DDATA', ...PRESS }, encodePayload({ at: AT_MS + 8, metrics: [state(3)] }))).toEqual({
      kind: 'doubted',
    })
  })

  test('is never taken for one that has said nothing, where its data name no metric', () => {
    const { node, birth, data } = edge()
    birth()
    birth('PRESS')
    expect(data(2, [{ ...state(3), name: undefined, alias: undefined }])).toEqual({ kind: 'doubted' })
    expect(node.standing('PRESS')).toMatchObject({ why: expect.stringContaining('without a name') })
  })
})

test('where all metrics have the same alias, they go by their names, and by that alias nothing is known', () => {
  const { node, data, take } = edge()
  take({ kind: 'NBIRTH', group: 'G', node: 'N' }, encodePayload({ at: AT_MS, seq: 0, metrics: [] }))
  const all = (value: number) =>
    ['State', 'Good'].map((name) => ({ name, alias: 0, type: 'Int32' as const, value, at: AT_MS }))
  take({ kind: 'DBIRTH', ...PRESS }, encodePayload({ at: AT_MS, seq: 1, metrics: all(1) }))
  expect(data(2, all(2).slice(0, 1)).kind).toBe('data')
  expect(shown(node, 'State')).toMatchObject({ value: 2 })
  expect(shown(node, 'Good')).toMatchObject({ value: 1 })
  expect(data(3, [{ ...state(3), name: undefined, alias: 0 }])).toEqual({ kind: 'doubted' })
})

test('an empty name beside an alias is none', () => {
  const { node, birth, data } = edge()
  birth()
  birth('PRESS')
  expect(data(2, [{ ...state(3), name: '' }]).kind).toBe('data')
  expect(shown(node, 'State')).toMatchObject({ value: 3 })
})

test('numbers go round after 255, for node and devices together', () => {
  const { birth, data } = edge()
  birth()
  birth('PRESS')
  const kinds = Array.from({ length: 1000 }, (_, index) => data((index + 2) % 256, [state(index % 5)]).kind)
  expect(new Set(kinds)).toEqual(new Set(['data']))
})

describe('a death', () => {
  test('of the node is one of all its devices', () => {
    const { node, birth, death } = edge()
    birth()
    birth('PRESS')
    expect(death(0)).toEqual({ kind: 'died', of: null })
    expect(node.standing('PRESS')).toMatchObject({
      kind: 'dead',
      why: 'its edge node G/N is gone: the broker has published its death',
    })
  })

  test('by the will of an earlier connection is passed by', () => {
    const { node, birth, death } = edge()
    birth(null, 7)
    birth('PRESS')
    expect(death(6)).toEqual({ kind: 'nothing' })
    expect(node.standing('PRESS').kind).toBe('born')
    expect(death(7)).toEqual({ kind: 'died', of: null })
  })

  test('of a device leaves the others alone', () => {
    const { node, birth, take } = edge()
    birth()
    birth('PRESS')
    birth('FILLER')
    take({ kind: 'DDEATH', ...PRESS }, encodePayload({ at: AT_MS, seq: 3, metrics: [] }))
    expect(node.standing('PRESS')).toMatchObject({ kind: 'dead' })
    expect(node.standing('FILLER').kind).toBe('born')
    expect(node.devices).toEqual(['FILLER'])
  })
})

test('a value of the past is never the present one', () => {
  const { node, birth, data } = edge()
  birth()
  birth('PRESS')
  const past = { ...state(3), isHistorical: true, at: AT_MS - 3_600_000 }
  expect(data(2, [past])).toEqual({ kind: 'data', of: 'PRESS', shown: [] })
  expect(shown(node, 'State')).toMatchObject({ value: 1 })
})

test('values keep the order in which they came, each with its own time', () => {
  const { birth, data } = edge()
  birth()
  birth('PRESS')
  const sent = [3_000, 2_000, 500].map((agoMs, index) => ({ ...state(index), at: AT_MS - agoMs }))
  const news = data(2, sent)
  const times = news.kind === 'data' ? news.shown.map(({ at }) => at.wallMs - AT_MS) : []
  expect(times).toEqual([-3_000, -2_000, -500])
})

test('a value that came late once does not hold up all that follow', () => {
  const { node, birth, data } = edge()
  birth()
  birth('PRESS')
  expect(node.heldBackMs).toBe(1_000)
  data(2, [{ ...state(2), at: AT_MS - 2_000 }])
  expect(node.heldBackMs).toBe(2_000)
  data(3, [{ ...state(3), at: AT_MS - 50_000 }])
  expect(node.heldBackMs).toBe(3_000)
})

test('a clock that is hours off changes no time, and a time that cannot be true is the one of the message', () => {
  const { birth, data } = edge(7_200_000)
  birth()
  birth('PRESS')
  const at = AT_MS + 7_200_000
  const news = data(2, [
    { ...state(2), at: at - 4_000 },
    { ...state(3), at: at - 90_000_000 },
  ])
  const times = news.kind === 'data' ? news.shown.map((metric) => metric.at.wallMs - AT_MS) : []
  expect(times).toEqual([-4_000, 0])
})

test('a value without quality is one that its node does not trust', () => {
  const { birth, data } = edge()
  birth()
  birth('PRESS')
  const stale = { ...state(3), properties: new Map([['Quality', { type: 'Int32' as const, value: 500 }]]) }
  expect(data(2, [stale, { ...state(3), value: null }])).toMatchObject({
    shown: [
      { value: 3, quality: 'bad', detail: 'its edge node calls it stale' },
      { value: null, quality: 'bad', detail: 'its edge node says that it has no value now' },
    ],
  })
})

test.each([Number.NaN, Number.NEGATIVE_INFINITY, 3.402_823_466e38])(
  '%d is no value of a machine',
  (value) => {
    const { birth, take } = edge()
    birth()
    birth('PRESS')
    const shown = [
      { value: null, quality: 'bad', detail: expect.stringMatching(/^the device shows no number/) },
    ]
    const typed = encodePayload({ at: AT_MS, seq: 2, metrics: [{ ...state(0), type: 'Double', value }] })
    expect(take({ kind: 'DDATA', ...PRESS }, typed)).toMatchObject({ shown })
  },
)

/** What may happen to a node and to its messages on their way. */
const fate = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('data' as const), metric: fc.nat(2), value: fc.nat(9) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('lost data' as const), metric: fc.nat(2), value: fc.nat(9) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      aliases: fc.shuffledSubarray([1, 2, 3], { minLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('old will' as const) }) },
)

test('whatever gets lost, what is shown is what the node shows', () => {
  fc.assert(
    fc.property(fc.array(fate, { minLength: 1, maxLength: 60 }), (fates) => {
      const world = livingNode()
      for (const one of fates) {
        const isHeard = world.live(one)
        const standing = world.node.standing('PRESS')
        if (!isHeard || standing.kind !== 'born') continue
        const shows = world.names.map((name) => standing.metrics.shown(name)?.value)
        expect(shows).toEqual(world.truth())
      }
    }),
    { numRuns: 500 },
  )
})

type Fate = typeof fate extends fc.Arbitrary<infer One> ? One : never

/** A node with one device of three metrics; at each restart their aliases are other ones. */
function livingNode() {
  const node = new NodeState('G/N')
  const at: Instant = { boot: 'boot-1', wallMs: AT_MS, monoMs: 1_000_000 }
  const names = ['A', 'B', 'C']
  const values = [0, 0, 0]
  let aliases = [1, 2, 3]
  let [seq, bdSeq, sentMs] = [-1, -1, AT_MS]
  const metric = (index: number, isNamed: boolean): MetricToSend => ({
    ...(isNamed && { name: names[index] }),
    alias: aliases[index],
    type: 'Int32',
    value: values[index] ?? 0,
    at: sentMs,
  })
  const sent = (metrics: readonly MetricToSend[], isBirth: boolean) => {
    seq = (seq + 1) % 256
    sentMs += 1
    return encodePayload({ at: sentMs, seq, metrics, ...(!isBirth && { typesKnown: true as const }) })
  }
  const will = (of: number) =>
    encodePayload({ at: AT_MS, metrics: [{ name: 'bdSeq', type: 'Int64', value: of, at: AT_MS }] })
  const live = (one: Fate): boolean => {
    switch (one.kind) {
      case 'old will':
        node.take({ kind: 'NDEATH', ...NODE }, will(bdSeq - 1), at)
        // It has no number, so that it cannot show what was lost before it.
        return false
      case 'restart': {
        aliases = one.aliases
        bdSeq += 1
        seq = -1
        const number: MetricToSend = { name: 'bdSeq', type: 'Int64', value: bdSeq, at: sentMs }
        node.take({ kind: 'NBIRTH', ...NODE }, sent([number], true), at)
        node.take(
          { kind: 'DBIRTH', ...PRESS },
          sent(
            names.map((_, index) => metric(index, true)),
            true,
          ),
          at,
        )
        return true
      }
      default: {
        values[one.metric] = one.value
        const bytes = sent([metric(one.metric, false)], false)
        if (one.kind === 'data') node.take({ kind: 'DDATA', ...PRESS }, bytes, at)
        return one.kind === 'data'
      }
    }
  }
  live({ kind: 'restart', aliases })
  return { node, names, live, truth: () => values }
}

test('no message makes it throw, and none makes a value of what is not known', () => {
  const kinds = fc.constantFrom('NBIRTH', 'NDATA', 'NDEATH', 'NCMD', 'DBIRTH', 'DDATA', 'DDEATH', 'DCMD')
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .record({ seq: fc.nat(5), alias: fc.nat(3), value: fc.integer() })
      .map(({ seq, alias, value }) =>
        encodePayload({ at: AT_MS, seq, metrics: [{ ...state(value), alias }] }),
      ),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(kinds, bytes), { maxLength: 30 }), (messages) => {
      const { node, take } = edge()
      for (const [kind, payload] of messages) {
        take({ kind, ...(kind.startsWith('D') ? PRESS : NODE) } as EdgeTopic, payload)
        const standing = node.standing('PRESS')
        if (standing.kind !== 'born') expect(standing.why).not.toBe('')
      }
    }),
  )
})

const NODE = { group: 'G', node: 'N' }
const PRESS = { ...NODE, device: 'PRESS' }

function state(value: number): MetricToSend {
  return { name: 'State', alias: 5, at: AT_MS, type: 'Int32', value }
}

/** An edge node whose messages come right when they are sent. @param aheadMs how far its clock is ahead */
function edge(aheadMs = 0) {
  const node = new NodeState('G/N')
  const at: Instant = { boot: 'boot-1', wallMs: AT_MS, monoMs: 1_000_000 }
  const sentMs = AT_MS + aheadMs
  const take = (topic: EdgeTopic, bytes: Uint8Array): NodeNews => node.take(topic, bytes, at)
  let seq = -1
  return {
    node,
    take,
    birth: (device: string | null = null, bdSeq = 0) => {
      seq = device === null ? 0 : seq + 1
      const metrics: readonly MetricToSend[] =
        device === null ? [{ name: 'bdSeq', type: 'Int64', value: bdSeq, at: sentMs }] : [state(1)]
      const topic: EdgeTopic =
        device === null ? { kind: 'NBIRTH', ...NODE } : { kind: 'DBIRTH', ...NODE, device }
      return take(topic, encodePayload({ at: sentMs, seq, metrics }))
    },
    data: (number: number, metrics: readonly MetricToSend[]) =>
      take(
        { kind: 'DDATA', ...PRESS },
        encodePayload({ at: sentMs, seq: number, metrics, typesKnown: true }),
      ),
    death: (bdSeq: number) =>
      take(
        { kind: 'NDEATH', ...NODE },
        encodePayload({ at: sentMs, metrics: [{ name: 'bdSeq', type: 'Int64', value: bdSeq, at: sentMs }] }),
      ),
  }
}

function shown(node: NodeState, name: string) {
  const standing = node.standing('PRESS')
  return standing.kind === 'born' ? standing.metrics.shown(name) : undefined
}
