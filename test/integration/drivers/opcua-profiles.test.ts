/** The profiles of OPC UA servers against a real server that has the nodes which the companion documents name. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, type VariantOptions } from 'node-opcua'
import { afterAll, expect, test, vi } from 'vitest'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { driverContext, readUntil } from '../../support/driver-bench.ts'
import { type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'
import { mapOf, signalsOf } from '../../support/profile-cases.ts'

/** A server and a client that encrypt are slow on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const driver = createOpcUaDriver()
const folder = mkdtempSync(join(tmpdir(), 'millrace-profiles-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Nodes = Readonly<Record<string, VariantOptions>>

const int32 = (value: number): VariantOptions => ({ dataType: DataType.Int32, value })
const bool = (value: boolean): VariantOptions => ({ dataType: DataType.Boolean, value })

/** A server that has these nodes, by their ids within one namespace. */
async function serverOf(namespace: string, nodes: Nodes): Promise<OpcUaTestServer> {
  const server = await startOpcUaServer({ folder, variables: [] })
  const space = server.engine.engine.addressSpace
  // Another namespace comes first, as after a download to the PLC.
  space?.registerNamespace('urn:somebody:else')
  const own = space?.registerNamespace(namespace)
  for (const [id, value] of Object.entries(nodes)) {
    own?.addVariable({
      organizedBy: 'ObjectsFolder',
      browseName: id,
      nodeId: id,
      dataType: DataType[value.dataType as DataType],
      value,
    })
  }
  return server
}

async function readAll(server: OpcUaTestServer, profile: string, words: object) {
  const settings = { url: server.url, security: 'None', poll: '100ms' }
  const [device] = mapOf(profile, undefined, settings, words).devices
  await using link = await driver.connect(
    device as never,
    driverContext(folder),
    new AbortController().signal,
  )
  const shown: Record<string, unknown> = {}
  await readUntil(link, (readings) => {
    for (const { samples } of readings) {
      for (const { signal, value, detail } of samples) shown[signal] = value ?? detail
    }
    return Object.keys(shown).length >= (device?.signals.length ?? 0)
  })
  expect(Object.keys(shown).sort()).toEqual([...signalsOf(profile)].sort())
  return shown
}

test('an S7-1500 is read by the names of its data block, whatever index its namespace has', async () => {
  await using server = await serverOf('http://www.siemens.com/simatic-s7-opcua', {
    's="DB_Press"."State"': int32(1),
    's="DB_Press"."Error"': int32(101),
    's="DB_Press"."GoodCount"': int32(4_711),
    's="DB_Press"."ScrapCount"': int32(12),
    's="DB_Press"."Alive"': int32(7),
  })
  expect(await readAll(server, 'siemens-s7-1500', { block: 'DB_Press', fault: 'Error' })).toEqual({
    state: 1,
    fault: 101,
    good: 4_711,
    scrap: 12,
    alive: 7,
  })
})

test('a PackML machine is read below its own object', async () => {
  await using server = await serverOf('urn:acme:filler', {
    's=Filler.Status.StateCurrent': int32(6),
    's=Filler.Status.UnitModeCurrent': int32(1),
    's=Filler.Status.CurMachSpeed': { dataType: DataType.Double, value: 120.5 },
    's=Filler.Status.EquipmentBlocked': bool(false),
    's=Filler.Status.EquipmentStarved': bool(true),
    's=Filler.Admin.StopReason[0].ID': int32(0),
    's=Filler.Admin.ProdProcessedCount[0].Count': int32(1_000),
    's=Filler.Admin.ProdDefectiveCount[0].Count': int32(3),
  })
  expect(await readAll(server, 'opcua-packml', { namespace: 'urn:acme:filler', root: 'Filler' })).toEqual({
    state: 6,
    mode: 1,
    speed: 120.5,
    blocked: false,
    starved: true,
    stop_id: 0,
    total: 1_000,
    scrap: 3,
  })
})

test('a machine tool shows its mode and its channel in words', async () => {
  await using server = await serverOf('urn:maker:mill', { 'i=6001': int32(1), 'i=6002': int32(0) })
  const words = { mode: 'nsu=urn:maker:mill;i=6001', channel: 'nsu=urn:maker:mill;i=6002' }
  expect(await readAll(server, 'umati-machine-tool', words)).toEqual({ mode: 'automatic', channel: 'active' })
})
