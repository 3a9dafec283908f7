/** Values of kinds that a map did not expect, from a server to the verdict of the rules. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, type VariantOptions } from 'node-opcua'
import { afterAll, expect, test } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { decide } from '../../../src/status/judging/rules.ts'
import { driverContext, readUntil } from '../../support/driver-bench.ts'
import { testHardware } from '../../support/hardware.ts'
import { machineMap } from '../../support/machine-map.ts'
import { NAMESPACE, startOpcUaServer, type TestVariable } from '../../support/opcua-server.ts'

const driver = createOpcUaDriver()
const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-values-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a machine is whose node `s` shows a value, by a map with these keys for the signal and this rule before its else. */
async function statusOf(
  initial: VariantOptions,
  dataType: TestVariable['dataType'],
  keys: string,
  rule: string,
) {
  const variables = [{ name: 's', dataType, initial }]
  await using server = await startOpcUaServer({ folder, variables })
  const text = `machine: M-1
device: {driver: opcua, url: "${server.url}", security: None}
signals: {s: {node: "nsu=${NAMESPACE};s=s"${keys}}}
status:
  - {when: ${rule}, is: running}
  - {else: true, is: idle}
`
  const shelves = {
    profiles: { names: () => [], find: () => undefined },
    tables: folderTables('/nowhere', '/'),
  }
  const { map, faults } = compileMap(parseYaml(text, 'm.yaml'), {
    ...testHardware,
    drivers: [driver],
    folder: '/',
    ...shelves,
  })
  expect(faults).toEqual([])
  const device = machineMap(map).devices[0]
  if (!device) throw new Error('no device')
  await using link = await driver.connect(
    device as never,
    driverContext(folder),
    new AbortController().signal,
  )
  const [sample] = (await readUntil(link, (readings) => readings.length === 1))[0]?.samples ?? []
  if (!sample) throw new Error('no sample')
  const verdict = decide(machineMap(map), { s: { ...sample, since: sample.at, device: device.id } })
  return verdict.kind === 'rule' ? verdict.rule.is : 'undecided'
}

const boolean = { dataType: DataType.Boolean, value: true }
const text = (value: string) => ({ dataType: DataType.String, value })
const double = { dataType: DataType.Double, value: 4.5 }

test.each([
  ['a Boolean by its names', boolean, 'Boolean', ', names: {0: ok, 1: alarm}', '{s: alarm}', 'running'],
  ['a text by the number that it shows', text('3'), 'String', ', names: {3: fault}', '{s: fault}', 'running'],
  ['a text that blanks fill', text('RUN   '), 'String', '', '{s: RUN}', 'running'],
  ['no text where the rule has a number', text('3'), 'String', '', '{s: 3}', 'undecided'],
  ['no text where the rule has a range', text('3'), 'String', '', '{s: ">2"}', 'undecided'],
  [
    'no other language',
    text('Ausführend'),
    'String',
    ', names: {1: Executing}',
    '{s: Executing}',
    'undecided',
  ],
  ['no fraction under a mask of the signal', double, 'Double', ', mask: 0x4', '{s: 1}', 'undecided'],
  ['no fraction under a mask of the rule', double, 'Double', '', '{s: {mask: 4, equals: 4}}', 'undecided'],
] as const)('a map understands %s', async (_, initial, dataType, keys, rule, status) => {
  expect(await statusOf(initial, dataType, keys, rule)).toBe(status)
})
