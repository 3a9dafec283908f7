/** Device maps of Sparkplug B: what is wrong in them is named with its place and what would be right. */
import { expect, test } from 'vitest'
import { faultsOfText, hintsOfText, mapOfText } from '../../support/compiled.ts'

function mapText(device: string, signal = 'metric: Status/State'): string {
  return `machine: PRESS-07
device: {driver: sparkplug, ${device}}
signals:
  state: {${signal}}
status: [{else: true, is: idle}]
stops: {ignore_run_below: 0s}
`
}

const NODE = 'url: mqtt://broker, group: G, node: N'

test.each([
  ['no metric', NODE, 'names: {1: a}', 'm.yaml:4:3: "metric" is missing: where is "state" in the device?'],
  ['a topic', NODE, 'topic: a/b', 'm.yaml:4:11: sparkplug has no "topic"; did you mean "metric"?'],
  [
    'a type',
    NODE,
    'metric: Status/State, type: i32',
    'm.yaml:4:19: its birth says of which type a metric is; remove "type"',
  ],
  [
    'a path into JSON',
    NODE,
    'metric: Status/State, path: a',
    'm.yaml:4:33: sparkplug has no messages: "path" is for topics; remove "path"',
  ],
  ['no group', 'url: mqtt://broker, node: N', undefined, 'm.yaml:2:1: "group" is missing'],
  [
    'a topic in place of a name',
    'url: mqtt://broker, group: spBv1.0/G, node: N',
    undefined,
    'm.yaml:2:56: "spBv1.0/G" is not valid here; a name in Sparkplug is one level of a topic: without / + and #',
  ],
  [
    'another word for asking',
    `${NODE}, rebirth: always`,
    undefined,
    'm.yaml:2:77: "always" is not valid here; one of: request, never',
  ],
  [
    'a wrong key',
    `${NODE}, devise: D`,
    undefined,
    'm.yaml:2:68: unknown key "devise"; did you mean "device"?',
  ],
])('%s', (_, device, signal, fault) => {
  expect(faultsOfText(mapText(device, signal))).toEqual([fault])
})

test('a sound map is read as it is, and publishes nothing unless it says so', () => {
  expect(hintsOfText(mapText(NODE))).toEqual([])
  const [device] = mapOfText(mapText(`${NODE}, device: "P 1", stale_after: 30s`)).devices
  expect(device?.settings).toMatchObject({
    group: 'G',
    node: 'N',
    device: 'P 1',
    rebirth: 'never',
    staleAfterMs: 30_000,
  })
  expect(device?.signals).toMatchObject([{ name: 'state', address: 'Status/State' }])
})
