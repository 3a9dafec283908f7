/** Connections of a machine's device as events, in a gateway with a route that takes them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openLogReader } from '../../../src/buffer/log-reader.ts'
import { outward } from '../../../src/domain/events/outward.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway, type WatchedGateway } from '../../support/watched-gateway.ts'

const machineMap = (port: number) => `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status:
  - {when: {state: 1}, is: running, for: 0s, release: 0s}
  - {else: true, is: down, for: 0s, release: 0s}
`
/** Its table is nowhere: the events wait for it in the log. */
const ROUTE = `route: connections
must: deliver
rows:
  - {on: link, insert: connections, columns: {device: device, state: state}}
`
const SOON = { timeout: 60_000, interval: 100 }

/** The connections in the log, in short. */
function linksIn({ dataFolder }: Pick<WatchedGateway, 'dataFolder'>): readonly string[] {
  using log = openLogReader(join(dataFolder, 'outbox.db'))
  return [...log.pages()]
    .flatMap(({ events }) => events)
    .flatMap((stored) => outward(stored, { gateway: 'edge-1' }) ?? [])
    .filter(({ kind }) => kind === 'link')
    .map(({ fields: { machine, device, state, cause } }) =>
      [machine, device, state, ...(cause === null ? [] : [cause])].join(' '),
    )
}

test('a device is reported as connected, as lost with the cause, and as ended with the gateway; without a route of it nothing is', async () => {
  await using central = await startTestCentral()
  const folder = testFolder()
  mkdirSync(join(folder, 'routes'))
  writeFileSync(join(folder, 'routes', 'connections.yaml'), ROUTE)
  const answer = answerRegisters(() => 1)
  let device = await ModbusDevice.start(answer)
  const { port } = device
  const gateway = await startWatchedGateway(central, machineMap(port), 'edge-1', folder)
  await vi.waitFor(() => expect(linksIn(gateway)).toEqual(['PRESS-07 PRESS-07 up']), SOON)
  await device[Symbol.asyncDispose]()
  await vi.waitFor(() => expect(linksIn(gateway)[1]).toMatch(/^PRESS-07 PRESS-07 down PRESS-07: ./), SOON)
  device = await ModbusDevice.start(answer, port)
  await vi.waitFor(() => expect(linksIn(gateway)[2]).toBe('PRESS-07 PRESS-07 up'), SOON)
  await gateway[Symbol.asyncDispose]()
  expect(linksIn(gateway)[3]).toBe('PRESS-07 PRESS-07 down the gateway was stopped')

  rmSync(join(folder, 'routes'), { recursive: true })
  rmSync(join(folder, 'data', 'routes'), { recursive: true, force: true })
  await using again = await startWatchedGateway(central, machineMap(port), 'edge-1', folder)
  await again.until(({ machines }) => expect(machines[0]?.status).toBe('running'))
  await device[Symbol.asyncDispose]()
  await again.until(({ devices }) => expect(devices[0]?.state).toBe('lost'))
  expect(linksIn(again)).toHaveLength(4)
}, 120_000)
