import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readHostState } from '../../../src/mqtt/sparkplug/host-state.ts'
import { isTopicPart, parseTopic, type SparkplugTopic, topicOf } from '../../../src/mqtt/sparkplug/topics.ts'

const TOPICS: readonly (readonly [string, SparkplugTopic])[] = [
  ['spBv1.0/Savannah/NBIRTH/Line1', { kind: 'NBIRTH', group: 'Savannah', node: 'Line1' }],
  [
    'spBv1.0/Savannah/DDATA/Line1/PRESS-07',
    { kind: 'DDATA', group: 'Savannah', node: 'Line1', device: 'PRESS-07' },
  ],
  ['spBv1.0/STATE/scada', { kind: 'STATE', host: 'scada', version: '3.0' }],
  ['STATE/scada', { kind: 'STATE', host: 'scada', version: '2.2' }],
]

test.each(TOPICS)('%s', (topic, parts) => {
  expect(parseTopic(topic)).toEqual(parts)
  expect(topicOf(parts)).toBe(topic)
})

test.each([
  'spBv1.0/Savannah/NDATA',
  'spBv1.0/Savannah/NDATA/Line1/PRESS-07',
  'spBv1.0/Savannah/DDATA/Line1',
  'spBv1.0/Savannah/XDATA/Line1',
  'spBv1.0/Savannah/DDATA//PRESS-07',
  'spAv1.0/Savannah/NDATA/Line1',
  'STATE/a/b',
  '',
])('"%s" is no topic of Sparkplug B', (topic) => {
  expect(parseTopic(topic)).toBeUndefined()
})

test('every name that can be a level of a topic comes back', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter(isTopicPart),
      fc.string({ minLength: 1 }).filter(isTopicPart),
      (node, device) => {
        const topic: SparkplugTopic = { kind: 'DBIRTH', group: 'g', node, device }
        expect(parseTopic(topicOf(topic))).toEqual(topic)
      },
    ),
  )
  expect(() => topicOf({ kind: 'NCMD', group: 'a/b', node: '#' })).toThrow(
    '"a/b" cannot be a level of a topic',
  )
})

test.each([
  ['{"online":true,"timestamp":1800000000000}', { online: true, at: 1_800_000_000_000 }],
  ['{"online":false}', { online: false, at: undefined }],
  ['ONLINE', { online: true }],
  ['OFFLINE', { online: false }],
  ['{"online":"yes"}', undefined],
  ['{', undefined],
  [`"${'x'.repeat(2000)}"`, undefined],
])('a host that publishes %s', (text, state) => {
  expect(readHostState(Buffer.from(text))).toEqual(state)
})
