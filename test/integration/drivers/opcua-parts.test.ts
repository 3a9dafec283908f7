/** Elements of lists, fields of structures and words of enumerations, from a server with types of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, type UAVariable, VariantArrayType } from 'node-opcua'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { deviceOf, driverContext, readUntil, type SignalDraft, valuesOf } from '../../support/driver-bench.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'

/** A server and a client that encrypt are slow on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

/** The namespace of the types that stand in a file. */
const TYPES = 'urn:millrace:test:types'
const driver = createOpcUaDriver()
const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-parts-'))
let server: OpcUaTestServer
let reasons: UAVariable
let showReasons: (...ids: readonly number[]) => void

beforeAll(async () => {
  const array = VariantArrayType.Array
  server = await startOpcUaServer({
    folder,
    nodesets: [join(import.meta.dirname, '../../support/stop-reason-types.xml')],
    variables: [
      {
        name: 'List',
        dataType: 'Double',
        initial: { dataType: DataType.Double, arrayType: array, value: [1.5, 2.5] },
      },
      {
        name: 'Table',
        dataType: 'Int32',
        initial: {
          dataType: DataType.Int32,
          arrayType: VariantArrayType.Matrix,
          dimensions: [2, 3],
          value: [1, 2, 3, 4, 5, 6],
        },
      },
      { name: 'Odd[0].Name', dataType: 'Int32', initial: { dataType: DataType.Int32, value: 7 } },
    ],
  })
  addOwnTypes(server)
})
afterAll(async () => {
  await driver[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** The namespace of a maker, with an enumeration, a structure, and a variable of each. */
function addOwnTypes({ engine }: OpcUaTestServer): void {
  const { addressSpace } = engine.engine
  const namespace = addressSpace?.getNamespace(NAMESPACE)
  if (!addressSpace || !namespace) throw new Error('the server has no address space')
  const gear = namespace.addEnumerationType({ browseName: 'Gear', enumeration: ['Park', 'Drive', 'Reverse'] })
  const plant = namespace.addFolder(addressSpace.rootFolder.objects, { browseName: 'Machine' })
  const gearValue = { dataType: DataType.Int32, value: 1 }
  namespace.addVariable({
    componentOf: plant,
    browseName: 'Gear',
    nodeId: 's=Gear',
    dataType: gear,
    value: gearValue,
  })
  const type = addressSpace.findDataType('StopReasonType', addressSpace.getNamespaceIndex(TYPES))
  if (!type) throw new Error('the server has no such type')
  const objectOf = (id: number) =>
    addressSpace.constructExtensionObject(type, {
      ID: id,
      since: new Date(1_700_000_000_000),
      total: [1, 2],
      text: { text: `reason ${id}` },
    })
  reasons = namespace.addVariable({
    componentOf: plant,
    browseName: 'StopReason',
    nodeId: 's=Admin.StopReason',
    dataType: type,
    valueRank: 1,
  })
  showReasons = (...ids) =>
    reasons.setValueFromSource({
      dataType: DataType.ExtensionObject,
      arrayType: VariantArrayType.Array,
      value: ids.map(objectOf),
    })
  showReasons(11, 12)
}

/** What a signal shows at first, and why it shows nothing. */
async function firstOf(node: string, mode: string, keys: Omit<SignalDraft, 'at'> = {}) {
  const settings = { url: server.url, security: 'None', mode }
  const device = deviceOf(driver, settings, { s: { at: `nsu=${NAMESPACE};${node}`, ...keys } })
  await using link = await driver.connect(device, driverContext(folder), new AbortController().signal)
  const sample = (await readUntil(link, (readings) => readings.length === 1))[0]?.samples[0]
  return { value: sample?.value, detail: sample?.detail }
}

test.each([
  ['s=List[1]', 2.5],
  ['s=Table[1,0]', 4],
  ['s=Table[1][2]', 6],
  ['s=Odd[0].Name', 7],
  ['s=Admin.StopReason[0].ID', 11],
  ['s=Admin.StopReason[1].Text', 'reason 12'],
  ['s=Admin.StopReason[1].Total', (1n << 32n) + 2n],
  ['s=Admin.StopReason[1].Since', '2023-11-14T22:13:20.000Z'],
])('%s is %s, by subscription and by polling', async (node, value) => {
  expect((await firstOf(node, 'subscribe')).value).toBe(value)
  expect((await firstOf(node, 'poll')).value).toBe(value)
})

test.each([
  ['s=List', /one element.*it has 2, counted from 0/],
  ['s=List[2]', /has 2 elements, and none at \[2\].*counts from 0/],
  ['s=Table[1]', /2 dimensions.*\[0,0\]/],
  ['s=List[0].ID', /no structure/],
  ['s=Admin.StopReason.ID', /it is a list.*\[0\]\.ID/],
  ['s=Admin.StopReason[0].Idd', /no field Idd; did you mean ID/],
  ['s=Admin.StopReason[0]', /a structure.*which field/],
  ['s=Admin.Nothing[0].ID', /no such node/],
])('%s is no value, and it is told why', async (node, words) => {
  const { value, detail } = await firstOf(node, 'subscribe')
  expect(value).toBeNull()
  expect(detail).toMatch(words)
})

test('a structure that changes is followed', async () => {
  const settings = { url: server.url, security: 'None' }
  const device = deviceOf(driver, settings, { s: { at: `nsu=${NAMESPACE};s=Admin.StopReason[0].ID` } })
  await using link = await driver.connect(device, driverContext(folder), new AbortController().signal)
  let next = 21
  const readings = await readUntil(link, (all) => {
    if (valuesOf(all, 's').length === next - 20) showReasons(next++, 1)
    return valuesOf(all, 's').length === 4
  })
  expect(valuesOf(readings, 's')).toEqual([11, 21, 22, 23])
  showReasons(11, 12)
})

test('the words of the server are shown beside its numbers, and may stand under names', async () => {
  expect(await firstOf('s=Gear', 'subscribe')).toEqual({ value: 1, detail: 'the server calls it Drive' })
  expect((await firstOf('s=Gear', 'subscribe', { names: { Drive: 'running' } })).value).toBe('running')
  expect((await firstOf('s=Gear', 'poll', { names: { PARK: 'off', Drive: 'drive' } })).value).toBe('drive')
  expect((await firstOf('s=Gear', 'poll', { names: { 1: 'forward', Drive: 'drive' } })).value).toBe('forward')
  expect((await firstOf('s=Gear', 'poll', { names: { Park: 'off' } })).value).toBe(1)
})
