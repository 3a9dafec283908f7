/** From the bytes of a message to a value: paths, types, and what is said where it cannot be read. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SignalType } from '../../../src/domain/signal.ts'
import { parseTopic } from '../../../src/drivers/mqtt/address.ts'
import { readJsonPath } from '../../../src/drivers/mqtt/json-path.ts'
import { HeardMessage } from '../../../src/drivers/mqtt/message.ts'
import { stampOf } from '../../../src/drivers/mqtt/sample-times.ts'
import { mqttSettings } from '../../../src/drivers/mqtt/settings.ts'
import { valueIn } from '../../../src/drivers/mqtt/value.ts'

const settings = mqttSettings.parse({ url: 'mqtt://localhost' })

function read(payload: string, path?: string, type?: SignalType): unknown {
  const found = valueIn(
    new HeardMessage(Buffer.from(payload)),
    parseTopic('t', { message: { path }, type }, settings),
  )
  return found?.quality === 'good' ? found.value : found?.detail
}

describe('a path', () => {
  const json = JSON.stringify({
    a: { 'b c': 1, 'd.e': 2, f: [10, { g: 'x' }] },
    'switch:0': true,
    list: [
      { id: 'x.y', v: 5 },
      { id: 7, v: 6 },
    ],
  })
  test.each([
    ['a.b c', 1],
    ['a["d.e"]', 2],
    ["a['d.e']", 2],
    ['a.f[0]', 10],
    ['a.f[1].g', 'x'],
    ['switch:0', true],
    ['list[id=x.y].v', 5],
    ['list[id="x.y"].v', 5],
    ['list[id=7].v', 6],
    ['a.f[2]', 'a.f has 2 items, and no item 2 (they count from 0)'],
    ['a.F', 'a has no F: it has the keys b c, d.e, f; did you mean f?'],
    ['A.f', 'the message has no A: it has the keys a, switch:0, list; did you mean a?'],
    ['switch:0.x', 'switch:0 is a boolean, and has no key x'],
    ['a[0]', 'a is an object, and no list'],
    ['list[id=x.z].v', 'list has no item whose id is x.z; did you mean x.y?'],
    ['list', 'list is a list and no single value: path says where in it the value stands'],
  ])('%s', (path, expected) => {
    expect(read(json, path)).toEqual(expected)
  })

  test.each(['$.a', 'a..b', '.a', 'a.', 'a[', 'a[-1]', 'a[x', '', ' a', 'a[*]', 'a["b'])(
    '%s is refused',
    (path) => {
      expect(readJsonPath(path)).toMatchObject({ what: expect.any(String), hint: expect.any(String) })
    },
  )

  test('a key that every object has of itself is none of the message', () => {
    expect(read('{"a": 1}', 'constructor')).toMatch(/has no constructor/)
    expect(read('{"a": 1}', '__proto__.x')).toMatch(/has no __proto__/)
  })
})

describe('a type', () => {
  test.each<readonly [string, SignalType | undefined, unknown]>([
    ['12.5', undefined, 12.5],
    ['-3', undefined, -3],
    ['18446744073709551615', undefined, 18446744073709551615n],
    ['true', undefined, true],
    ['ON', undefined, 'ON'],
    ['"quoted"', undefined, 'quoted'],
    ['12:30', undefined, '12:30'],
    ['007', undefined, '007'],
    ['  Auto \u0000', undefined, 'Auto'],
    ['{not json', undefined, '{not json'],
    ['42', 'string', '42'],
    ['on', 'bit', true],
    ['0', 'bit', false],
    ['maybe', 'bit', 'it is "maybe", and a bit is true or false, 1 or 0, on or off'],
    ['"21.5"', 'f64', 21.5],
    ['21,5', 'f64', 'it is "21,5", and no number'],
    ['21.5', 'u16', 'it is 21.5, and u16 is a whole number'],
    ['null', undefined, 'its publisher says that it has no value (null)'],
  ])('%s as %s', (payload, type, expected) => {
    expect(read(payload, undefined, type)).toEqual(expected)
  })
})

test.each([
  ['1e400', undefined],
  ['-1e400', 'f64'],
  ['3.4028235e38', 'f32'],
  ['"1e999"', 'f64'],
] as const)('%s is no number that a machine shows', (payload, type) => {
  expect(read(payload, undefined, type)).toMatch(/^the device shows no number \(/)
})

test('no JSON makes it throw, and no reason is longer than people read', () => {
  const key = fc.constantFrom('id', 'v', 'q', 'toString', 'valueOf', '__proto__', 'x'.repeat(5_000))
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(1, 'a', null, true, 'x'.repeat(5_000)),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('json'), { maxLength: 4 }),
    object: fc.dictionary(key, tie('json'), { maxKeys: 4 }),
  }))
  const path = fc.constantFrom('v', 'id.v', 'v[0].id', 'v[id=a].v', 'v[toString=a].q', '["__proto__"].v')
  fc.assert(
    fc.property(json, path, path, (said, at, qualityAt) => {
      const address = parseTopic('t', { message: { path: at, quality: qualityAt }, type: 'bit' }, settings)
      const found = valueIn(new HeardMessage(Buffer.from(JSON.stringify(said))), address)
      expect(found?.detail?.length ?? 0).toBeLessThan(800)
    }),
  )
})

describe('a time', () => {
  const ms = Date.UTC(2026, 1, 3, 10, 0, 5, 250)
  test.each([
    [ms, ms],
    [ms / 1_000, ms],
    [ms * 1_000, ms],
    [String(ms), ms],
    ['2026-02-03T10:00:05.250Z', ms],
    ['2026-02-03 11:00:05.25+01:00', ms],
    ['2026-02-03T11:00:05,250+0100', ms],
    ['2026-02-03T10:00:05', undefined],
    ['yesterday', undefined],
    [5, undefined],
    [null, undefined],
  ])('%s', (said, expected) => {
    expect(stampOf(said)).toEqual(expected)
  })
})
