import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType } from 'node-opcua'
import { afterAll } from 'vitest'
import { createOpcUaDriver } from '../../src/drivers/opcua/driver.ts'
import { deviceOf } from '../support/driver-bench.ts'
import { NAMESPACE, startOpcUaServer } from '../support/opcua-server.ts'
import { driverContract } from './driver.contract.ts'

const opcUaDriver = createOpcUaDriver()
// One folder for all tests: making keys takes longer than any of them.
const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const mode of ['subscribe', 'poll'] as const) {
  driverContract(`opcua (${mode})`, async () => {
    const initial = { dataType: DataType.Int32, value: 0 }
    const server = await startOpcUaServer({
      folder,
      variables: [{ name: 'state', dataType: 'Int32', initial }],
    })
    const signals = {
      state: { at: `nsu=${NAMESPACE};s=state` },
      missing: { at: `nsu=${NAMESPACE};s=missing` },
    }
    return {
      driver: opcUaDriver,
      device: deviceOf(opcUaDriver, { url: server.url, security: 'None', mode }, signals),
      stateFolder: folder,
      set: (value) => server.set('state', { dataType: DataType.Int32, value }),
      connections: () => server.connections(),
      stop: () => server.stop(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  })
}
