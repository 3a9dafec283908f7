import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateMonitoredItemsRequest,
  DataChangeNotification,
  DataType,
  DataValue,
  type NodeId,
  PublishResponse,
  ReadRequest,
  ReadResponse,
  Variant,
} from 'node-opcua'
import { afterAll, describe, expect, test } from 'vitest'
import type { DeviceLink, DriverContext } from '../../../src/domain/driver.ts'
import { shift } from '../../../src/domain/instant.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { FIND_AGAIN_MS } from '../../../src/drivers/opcua/nodes.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, readUntil, samplesOf, valuesOf } from '../../support/driver-bench.ts'
import {
  NAMESPACE,
  type OpcUaHabit,
  type OpcUaTestServer,
  startOpcUaServer,
} from '../../support/opcua-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-nodes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const LATER = 'urn:millrace:later'
const int32 = (value: number) => ({ dataType: DataType.Int32, value })
const STATE = { name: 'state', dataType: 'Int32', initial: int32(1) } as const

function start(): Promise<OpcUaTestServer> {
  return startOpcUaServer({ folder, variables: [STATE] })
}

/** A link for which the half minute until nodes are found again has passed after a moment. */
async function connect(url: string, mode: string, at: string): Promise<DeviceLink> {
  const driver = createOpcUaDriver()
  const device = deviceOf(driver, { url, security: 'None', mode }, { state: { at } })
  const startMs = systemClock.now().monoMs
  const isAhead = () => mode === 'poll' && systemClock.now().monoMs - startMs > 1_000
  const context: DriverContext = {
    ...driverContext(folder),
    now: () => shift(systemClock.now(), isAhead() ? FIND_AGAIN_MS : 0),
    after: (ms, ring) => systemClock.after(ms === FIND_AGAIN_MS ? 1_000 : ms, ring),
  }
  return driver.connect(device, context, new AbortController().signal)
}

/** Nodes of a program that is loaded into a running PLC. */
function load(server: OpcUaTestServer, namespaceUri: string, value: number): void {
  const { addressSpace } = server.engine.engine
  if (!addressSpace) throw new Error('the server has no address space')
  const namespace =
    addressSpace.getNamespaceArray().find((one) => one.namespaceUri === namespaceUri) ??
    addressSpace.registerNamespace(namespaceUri)
  const variable = namespace.addVariable({
    organizedBy: addressSpace.rootFolder.objects,
    browseName: 'state',
    nodeId: 's=state',
    dataType: 'Int32',
  })
  variable.setValueFromSource(int32(value))
}

function unload(server: OpcUaTestServer): void {
  const node = server.engine.engine.addressSpace?.findNode('ns=2;s=state')
  if (!node) throw new Error('the server has no such node')
  server.engine.engine.addressSpace?.deleteNode(node)
}

describe.each(['subscribe', 'poll'])('with mode: %s', (mode) => {
  test('a namespace that comes later than the server is read, and said to be missing before', async () => {
    await using server = await start()
    await using link = await connect(server.url, mode, `nsu=${LATER};s=state`)
    const readings = await readUntil(link, (all) => {
      if (all.length === 1) load(server, LATER, 5)
      return valuesOf(all, 'state').includes(5)
    })
    expect(samplesOf(readings, 'state')[0]).toMatchObject({
      quality: 'bad',
      detail: expect.stringContaining(`no namespace ${LATER}`),
    })
  })

  test('a node that comes later is read, and said to be missing before', async () => {
    await using server = await start()
    unload(server)
    await using link = await connect(server.url, mode, `nsu=${NAMESPACE};s=state`)
    const readings = await readUntil(link, (all) => {
      if (all.length === 1) load(server, NAMESPACE, 5)
      return valuesOf(all, 'state').includes(5)
    })
    expect(samplesOf(readings, 'state')[0]).toMatchObject({
      quality: 'bad',
      detail: expect.stringMatching(/^nsu=urn:millrace:test;s=state: the server has no such node/),
    })
  })

  // Fault of the catalogue: [A7]
  test('a node that a download has made anew is read again', async () => {
    await using server = await start()
    await using link = await connect(server.url, mode, `nsu=${NAMESPACE};s=state`)
    let isLoaded = false
    const readings = await readUntil(link, (all) => {
      if (all.length === 1) unload(server)
      if (!isLoaded && samplesOf(all, 'state').length === 2) {
        load(server, NAMESPACE, 5)
        isLoaded = true
      }
      return valuesOf(all, 'state').includes(5)
    })
    expect(samplesOf(readings, 'state').map(({ value }) => value)).toEqual([1, null, 5])
  })

  test('a node that a download has made anew is read again, though its item says nothing any more', async () => {
    await using server = await start()
    server.teach(hidesDeletions())
    await using link = await connect(server.url, mode, `nsu=${NAMESPACE};s=state`)
    const readings = await readUntil(link, (all) => {
      if (all.length === 1) {
        unload(server)
        load(server, NAMESPACE, 5)
      }
      return valuesOf(all, 'state').includes(5)
    })
    expect(samplesOf(readings, 'state').map(({ value }) => value)).toEqual([1, 5])
  })

  test('a namespace whose index a download has moved is read at its new index', async () => {
    await using server = await start()
    const { move, asked } = movesNamespace(server)
    await using link = await connect(server.url, mode, `nsu=${NAMESPACE};s=state`)
    const isFoundAgain = () =>
      mode === 'poll' ? asked.has(3) : server.requests('DeleteMonitoredItemsRequest') > 0
    let setAfterwards = Number.POSITIVE_INFINITY
    await readUntil(link, (all) => {
      if (all.length === 1) move()
      if (isFoundAgain()) setAfterwards = Math.min(setAfterwards, all.length)
      server.set('state', int32(all.length))
      return valuesOf(all, 'state').some((value) => Number(value) >= setAfterwards)
    })
  })
})

/** Says of a node that is gone what it showed last, as asyncua 2.1 does. */
function hidesDeletions(): OpcUaHabit {
  return {
    answer: (answer) => {
      if (!(answer instanceof PublishResponse)) return answer
      for (const change of answer.notificationMessage.notificationData ?? []) {
        if (!(change instanceof DataChangeNotification)) continue
        for (const item of change.monitoredItems ?? []) {
          if (item.value.statusCode.isBad()) item.value = new DataValue({ value: new Variant(int32(1)) })
        }
      }
      return answer
    },
  }
}

/** From when `move` is called, the server's namespace 2 is its namespace 3. `asked` has the indexes that it was asked for. */
function movesNamespace(server: OpcUaTestServer) {
  let isMoved = false
  const asked = new Set<number>()
  const moved = (nodeId: NodeId) => {
    asked.add(nodeId.namespace)
    if (!isMoved || nodeId.namespace < 2) return
    nodeId.namespace = nodeId.namespace === 3 ? 2 : 99
  }
  server.teach({
    request: (request) => {
      if (request instanceof ReadRequest) for (const { nodeId } of request.nodesToRead ?? []) moved(nodeId)
      if (request instanceof CreateMonitoredItemsRequest)
        for (const { itemToMonitor } of request.itemsToCreate ?? []) moved(itemToMonitor.nodeId)
    },
    answer: (answer) => {
      if (!isMoved || !(answer instanceof ReadResponse)) return answer
      for (const result of answer.results ?? []) {
        const names: unknown = result.value?.value
        if (Array.isArray(names)) {
          result.value = new Variant({
            ...result.value,
            value: [names[0], names[1], 'urn:new', ...names.slice(2)],
          })
        }
      }
      return answer
    },
  })
  return {
    asked,
    move: () => {
      isMoved = true
    },
  }
}
