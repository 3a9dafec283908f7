/** Two servers that stand in for each other, as a device with `urls:` sees them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, type UAVariable, Variant } from 'node-opcua'
import { afterAll, expect, test, vi } from 'vitest'
import { LinkLost } from '../../../src/domain/errors.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { deviceOf, driverContext, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'

/** A server and a client that encrypt are slow on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-urls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A server whose only node shows the number, and that says how fit it is. */
async function startServer(number: number, port?: number) {
  const initial = { dataType: DataType.Int32, value: number }
  const server = await startOpcUaServer({
    folder,
    variables: [{ name: 'n', dataType: 'Int32', initial }],
    ...(port !== undefined && { port }),
  })
  return { server, setLevel: levelSetter(server) }
}

function levelSetter({ engine }: OpcUaTestServer) {
  let level = 255
  const node = engine.engine.addressSpace?.findNode('i=2267') as UAVariable
  const get = () => new Variant({ dataType: DataType.Byte, value: level })
  node.bindVariable({ get }, true)
  return (next: number) => {
    level = next
  }
}

function redundantDevice(
  driver: ReturnType<typeof createOpcUaDriver>,
  urls: readonly string[],
  mode: string,
) {
  return deviceOf(driver, { urls, security: 'None', mode }, { n: { at: `nsu=${NAMESPACE};s=n` } })
}

const signal = new AbortController().signal

test.each(['subscribe', 'poll'])(
  'the first healthy server is read, and the other one when it is gone (%s)',
  async (mode) => {
    await using driver = createOpcUaDriver()
    const [{ server: first }, { server: second }] = [await startServer(1), await startServer(2)]
    await using _second = second
    const device = redundantDevice(driver, [first.url, second.url], mode)
    {
      await using link = await driver.connect(device, driverContext(folder), signal)
      expect(valuesOf(await readUntil(link, (all) => all.length === 1), 'n')).toEqual([1])
      expect(link.remark).toBe(`read from ${first.url}`)
      expect(second.connections()).toBe(0)
      void first.stop()
      await expect(readUntil(link, () => false)).rejects.toBeInstanceOf(LinkLost)
    }
    await using link = await driver.connect(device, driverContext(folder), signal)
    expect(valuesOf(await readUntil(link, (all) => all.length === 1), 'n')).toEqual([2])
    expect(link.remark).toBe(`read from ${second.url}`)
  },
)

test('a server that says that it is not fit is left for one that is, and only for such a one', async () => {
  await using driver = createOpcUaDriver()
  const [one, other] = [await startServer(1), await startServer(2)]
  await using first = one.server
  await using second = other.server
  one.setLevel(120)
  other.setLevel(100)
  const device = redundantDevice(driver, [first.url, second.url], 'subscribe')
  await using link = await driver.connect(device, driverContext(folder), signal)
  expect(valuesOf(await readUntil(link, (all) => all.length === 1), 'n')).toEqual([1])
  expect(link.remark).toMatch(/not fully fit \(service level 120\)/)
  expect(second.engine.engine.currentSessionCount).toBe(0)
  other.setLevel(255)
  const lost = await readUntil(link, () => false).catch((error: unknown) => error)
  expect(lost).toMatchObject({ code: 'link-service-level', message: expect.stringContaining(first.url) })
  await using next = await driver.connect(device, driverContext(folder), signal)
  expect(valuesOf(await readUntil(next, (all) => all.length === 1), 'n')).toEqual([2])
})

test('where none can be used, both are named', async () => {
  await using driver = createOpcUaDriver()
  const [{ server: first }, { server: second }] = [await startServer(1), await startServer(2)]
  const device = redundantDevice(driver, [first.url, second.url], 'subscribe')
  await Promise.all([first.stop(), second.stop()])
  const fault = await driver.connect(device, driverContext(folder), signal).catch((error: unknown) => error)
  expect(fault).toMatchObject({
    code: 'link-refused',
    message: expect.stringMatching(
      new RegExp(`PRESS-07: none of its servers.*${first.port}.*refuses.*${second.port}.*refuses`),
    ),
  })
})

test('a device has one url or several urls', () => {
  const { settings } = createOpcUaDriver()
  expect(settings.safeParse({ url: 'opc.tcp://a', urls: ['opc.tcp://a', 'opc.tcp://b'] }).success).toBe(false)
  expect(settings.safeParse({}).success).toBe(false)
  expect(settings.safeParse({ urls: ['opc.tcp://a'] }).success).toBe(false)
  expect(settings.parse({ urls: ['opc.tcp://a', 'opc.tcp://b'] })).toMatchObject({ url: 'opc.tcp://a' })
})
