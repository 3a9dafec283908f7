/**
 * What people learn of a signal that is no use: in status, in the log and in the row where nothing was seen. Every mistake is
 * made on a real device, and is over by itself once it is mended.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice, type ModbusRequest } from '../../support/modbus-device.ts'
import { startOpcUaServer } from '../../support/opcua-server.ts'
import { startWatchedGateway, troublesOf } from '../../support/watched-gateway.ts'

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
/** Each test's gateway is a new one. */
beforeEach(() =>
  central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  ),
)

/** Registers of a press that runs, with a heartbeat. */
function press() {
  const registers = new Map([
    [100, 1],
    [101, 0],
  ])
  let beat = 0
  let isBeating = true
  /** Like a PLC, it refuses a block with any register that it lacks. */
  const refuse = ({ start, count }: ModbusRequest) => (start < 99 || start + count > 102 ? 2 : undefined)
  const valueAt = (address: number) => (address === 99 ? beat : (registers.get(address) ?? 0))
  const answer = answerRegisters(valueAt, refuse)
  return {
    registers,
    stopBeating: () => {
      isBeating = false
    },
    beatAgain: () => {
      isBeating = true
    },
    behaviour: (request: ModbusRequest) => {
      if (isBeating) beat = (beat + 1) % 1_000
      answer(request)
    },
  }
}

interface Addresses {
  readonly state?: number
  readonly fault?: number
  readonly extra?: string
}

function mapOf({ port }: ModbusDevice, { state = 40101, fault = 40102, extra = '' }: Addresses = {}): string {
  return `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals:
  alive: {at: 40100, type: u16, role: heartbeat, stale_after: 1s}
  state: {at: ${state}, type: u16, names: {0: off, 1: auto_run, 3: fault}}
  fault: {at: ${fault}, type: u16, role: fault_code}
${extra}status:
  - {when: {state: fault}, is: down, reason: from fault}
  - {when: {state: auto_run}, is: running, for: 0s}
  - {else: true, is: idle, for: 0s}
reasons: {fault: {101: {code: mechanical_failure, category: equipment}}}
on_comm_loss: {after: 2s}
`
}

const WRONG_ADDRESS = /exception 2 at 40201 = wire 200/

test('one wrong address is told in status, in the log and in the row, and is over once it is mended', async () => {
  const plc = press()
  await using device = await ModbusDevice.start(plc.behaviour)
  await using gateway = await startWatchedGateway(central, mapOf(device))
  await gateway.until(({ machines }) => expect(machines[0]?.status).toBe('running'))

  gateway.map(mapOf(device, { state: 40201 }))
  await gateway.until(({ machines }) => expect(machines[0]?.reason).toBe('NO_DATA'))
  const report = await gateway.status()
  expect(report.code).toBe(1)
  expect(report.signals).toEqual([
    {
      machine: 'CNC-01',
      device: 'CNC-01',
      signal: 'state',
      quality: 'bad',
      detail: expect.stringMatching(WRONG_ADDRESS),
      since: expect.any(String),
      needed: true,
    },
  ])
  expect(troublesOf(report)).toEqual({
    'signal-bad': expect.stringMatching(WRONG_ADDRESS),
    'machine-undecided': expect.stringMatching(WRONG_ADDRESS),
  })
  expect(await gateway.text()).toMatch(
    /wrong {5}signal-bad: CNC-01 state is bad: exception 2 at 40201.*\(\d+ s\)/,
  )
  await expect.poll(() => gateway.told('state is bad: exception 2').length, { timeout: 60_000 }).toBe(2)

  await expect
    .poll(async () => (await central.sql(NOTES_SQL)).map((row) => row.notes), { timeout: 60_000 })
    .toEqual([expect.stringMatching(/^unseen=state bad: exception 2 at 40201 = wire 200 .*; rule=/)])

  gateway.map(mapOf(device))
  await gateway.until((mended) => {
    expect(mended).toMatchObject({ healthy: true, signals: [], degraded: [] })
    expect(mended.machines[0]?.status).toBe('running')
  })
  await expect.poll(() => gateway.told('over: CNC-01 state is bad').length, { timeout: 60_000 }).toBe(1)
})

test('a wrong address of the fault code leaves the machine alone, and is told all the same', async () => {
  const plc = press()
  await using device = await ModbusDevice.start(plc.behaviour)
  await using gateway = await startWatchedGateway(central, mapOf(device, { fault: 40202 }))
  await gateway.until((report) => {
    expect(report.machines[0]?.status).toBe('running')
    expect(troublesOf(report)).toEqual({
      'signal-bad': expect.stringContaining('CNC-01 fault is bad: exception 2'),
    })
  })
})

test('a signal that no rule reads is told, and makes nothing degraded', async () => {
  const plc = press()
  await using device = await ModbusDevice.start(plc.behaviour)
  const map = mapOf(device, { extra: '  speed: {at: 40203, type: u16}\n' })
  await using gateway = await startWatchedGateway(central, map)
  await gateway.until((report) => {
    expect(report.signals).toMatchObject([{ signal: 'speed', quality: 'bad' }])
    expect(report).toMatchObject({ healthy: true, degraded: [] })
  })
  expect(await gateway.text()).toMatch(
    /signal {4}speed of CNC-01 bad since .*nothing depends on it.*exception 2/,
  )
  await expect
    .poll(() => gateway.told('CNC-01 speed is bad, and nothing depends on it').length, { timeout: 60_000 })
    .toBe(1)
})

test('a device that refuses every signal is not healthy', async () => {
  await using device = await ModbusDevice.start(
    answerRegisters(
      () => 0,
      () => 2,
    ),
  )
  await using gateway = await startWatchedGateway(central, mapOf(device))
  await gateway.until((report) => {
    expect(report.devices).toMatchObject([
      {
        state: 'connected',
        error: expect.stringContaining('none of its 3 signals is good: alive: exception 2'),
      },
    ])
    expect(Object.keys(troublesOf(report))).toContain('device-no-values')
  })
})

// Fault of the catalogue: [A12]
test('a heartbeat that stands still is told by its name, and is over when it beats again', async () => {
  const plc = press()
  await using device = await ModbusDevice.start(plc.behaviour)
  await using gateway = await startWatchedGateway(central, mapOf(device))
  await gateway.until(({ machines }) => expect(machines[0]?.status).toBe('running'))
  plc.stopBeating()
  await gateway.until((report) => {
    expect(report.machines[0]?.reason).toBe('NO_DATA')
    expect(report.signals).toMatchObject([{ machine: 'CNC-01', signal: 'alive', quality: 'stale' }])
    expect(troublesOf(report)).toEqual({
      'signal-stale': expect.stringMatching(
        /CNC-01 alive stands still: the heartbeat has shown \d+ for longer than 1 s/,
      ),
      'machine-undecided': expect.stringContaining('CNC-01 cannot be decided: alive stands still'),
    })
  })
  await expect
    .poll(async () => (await central.sql(NOTES_SQL)).map((row) => row.notes), { timeout: 60_000 })
    .toEqual([expect.stringMatching(/^unseen=alive stale: the heartbeat has shown/)])
  plc.beatAgain()
  await gateway.until((report) => {
    expect(report).toMatchObject({ healthy: true, signals: [] })
    expect(report.machines[0]?.status).toBe('running')
  })
})

test('a state without a name is told with what the map knows, and is over with the next that has one', async () => {
  const plc = press()
  await using device = await ModbusDevice.start(plc.behaviour)
  await using gateway = await startWatchedGateway(central, mapOf(device))
  await gateway.until(({ machines }) => expect(machines[0]?.status).toBe('running'))
  plc.registers.set(100, 7)
  await gateway.until((report) => {
    expect(report.signals).toMatchObject([
      {
        signal: 'state',
        quality: 'unmeant',
        detail: 'it shows 7, and the rules know one of off, auto_run, fault',
      },
    ])
    expect(Object.keys(troublesOf(report)).sort()).toEqual(['machine-undecided', 'signal-unmeant'])
  })
  plc.registers.set(100, 1)
  await gateway.until((report) => expect(report).toMatchObject({ healthy: true, signals: [] }))
})

test('a device that is away is named in the row where nothing was seen', async () => {
  const plc = press()
  const device = await ModbusDevice.start(plc.behaviour)
  await using gateway = await startWatchedGateway(central, mapOf(device))
  await gateway.until(({ machines }) => expect(machines[0]?.status).toBe('running'))
  const { port } = device
  await device.stop()
  await gateway.until((report) => {
    expect(report.machines[0]?.reason).toBe('NO_DATA')
    expect(Object.keys(troublesOf(report))).toEqual(['device-lost'])
  })
  await expect
    .poll(async () => (await central.sql(NOTES_SQL)).map((row) => row.notes), { timeout: 60_000 })
    .toEqual([expect.stringMatching(/^unseen=device CNC-01 away: .+; rule=/)])
  await using _again = await ModbusDevice.start(plc.behaviour, port)
  await gateway.until((report) => {
    expect(report.healthy).toBe(true)
    expect(report.machines[0]?.status).toBe('running')
  })
})

describe('over OPC UA', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-quality-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const map = (url: string, node: string) => `machine: CNC-01
device: {driver: opcua, url: "${url}", security: None, poll: 100ms}
signals:
  state: {node: "nsu=urn:millrace:test;s=${node}"}
status:
  - {when: {state: 3}, is: down, for: 0s}
  - {when: {state: 1}, is: running, for: 0s}
  - {else: true, is: idle, for: 0s}
on_comm_loss: {after: 2s}
`
  const start = () =>
    startOpcUaServer({
      folder,
      variables: [
        { name: 'State', dataType: 'Int32', initial: { dataType: 'Int32', value: 1 } },
        { name: 'Mode', dataType: 'String', initial: { dataType: 'String', value: 'AUTO' } },
      ],
    })

  test('a misspelt node and a text in place of a number are told, each with the words of who knows', async () => {
    await using server = await start()
    await using gateway = await startWatchedGateway(central, map(server.url, 'Stat'))
    await gateway.until((report) => {
      expect(report.signals).toMatchObject([
        { signal: 'state', quality: 'bad', detail: expect.stringContaining('BadNodeIdUnknown') },
      ])
      expect(Object.keys(troublesOf(report))).toEqual(
        expect.arrayContaining(['signal-bad', 'machine-undecided', 'device-no-values']),
      )
    })
    gateway.map(map(server.url, 'Mode'))
    await gateway.until((report) => {
      expect(report.signals).toMatchObject([
        { signal: 'state', quality: 'unmeant', detail: 'it shows "AUTO", and the rules know 3' },
      ])
    })
    gateway.map(map(server.url, 'State'))
    await gateway.until((report) => {
      expect(report).toMatchObject({ healthy: true, signals: [] })
      expect(report.machines[0]?.status).toBe('running')
    })
  })
})

const NOTES_SQL = `SELECT notes FROM machine_status_history WHERE reason_code = 'NO_DATA' ORDER BY changed_at`
