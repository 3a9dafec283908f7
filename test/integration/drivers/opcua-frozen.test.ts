/** A server that keeps its subscriptions alive and samples nothing any more, as some do after a download. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateMonitoredItemsRequest, DataType, type MonitoredItem, type NodeId } from 'node-opcua'
import { afterAll, expect, test, vi } from 'vitest'
import type { DriverContext } from '../../../src/domain/driver.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { FIND_AGAIN_MS } from '../../../src/drivers/opcua/nodes.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'

/** A server and a client that encrypt are slow on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-frozen-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const int32 = (value: number) => ({ dataType: DataType.Int32, value })

/** Each item says its first value, and is deaf from then on. Items of the server's own nodes are not. */
function freeze({ engine }: OpcUaTestServer): void {
  engine.on('create_session', (session: { on(event: string, listener: (made: Emitter) => void): void }) => {
    session.on('new_subscription', (subscription) => {
      subscription.on('monitoredItem', (item) => {
        if ((item.itemToMonitor.nodeId as NodeId).namespace === 0) return
        setTimeout(() => (item.recordValue = () => false), 100)
      })
    })
  })
}

interface Emitter {
  on(event: string, listener: (item: MonitoredItem) => void): void
}

// Fault of the catalogue: [A12]
test('a subscription that lives and samples nothing ends, and the device is polled', async () => {
  await using server = await startOpcUaServer({
    folder,
    variables: [{ name: 'state', dataType: 'Int32', initial: int32(0) }],
  })
  freeze(server)
  let made = 0
  server.teach({
    request: (request) => {
      if (request instanceof CreateMonitoredItemsRequest) made++
    },
  })
  await using driver = createOpcUaDriver()
  const device = deviceOf(
    driver,
    { url: server.url, security: 'None' },
    { state: { at: `nsu=${NAMESPACE};s=state` } },
  )
  const context: DriverContext = {
    ...driverContext(folder),
    after: (ms, ring) => systemClock.after(ms === FIND_AGAIN_MS ? 1_000 : ms, ring),
  }
  const signal = new AbortController().signal
  let counted = 0
  const machine = setInterval(() => server.set('state', int32(++counted)), 200)
  try {
    {
      await using link = await driver.connect(device, context, signal)
      const lost = await readUntil(link, () => false).catch((error: unknown) => error)
      expect(lost).toMatchObject({ code: 'link-frozen', message: expect.stringContaining('samples nothing') })
    }
    const madeBefore = made
    await using link = await driver.connect(device, context, signal)
    const readings = await readUntil(link, (all) => valuesOf(all, 'state').length === 3)
    expect(
      valuesOf(readings, 'state')
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(valuesOf(readings, 'state'))
    expect(made).toBe(madeBefore)
    expect(link.remark).toMatch(/polled, because its subscription samples nothing/)
  } finally {
    clearInterval(machine)
  }
})
