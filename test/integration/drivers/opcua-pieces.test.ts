/** The sizes of the pieces in which messages go, between the gateway and servers that ask for others. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType } from 'node-opcua'
import { afterAll, expect, test } from 'vitest'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { deviceOf, driverContext, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { NAMESPACE, startOpcUaServer } from '../../support/opcua-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-pieces-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** In an Acknowledge message, behind its header and the protocol's version (OPC 10000-6, 7.1.2.4). */
const RECEIVES_AT = 12
const SENDS_AT = 16
const MOST_PIECES_AT = 24
/** A request for so many nodes with such names is longer than one piece of 64 KB, and so is the answer with such texts. */
const NAMES = Array.from({ length: 400 }, (_, nth) => `v${nth}`.padEnd(200, '_'))
const TEXT = 'x'.repeat(1_000)

type Change = (words: Buffer) => void

/** Stands before the server of the library, and changes what it acknowledges and what it hears of its client. */
async function startAcknowledging(port: number, change: Change, changeHello: Change) {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const behind = connectTo(port, '127.0.0.1')
    for (const socket of [client, behind]) {
      sockets.add(socket.on('error', () => {}))
    }
    client.once('data', (first: Buffer) => {
      changeHello(first)
      behind.write(first)
      client.pipe(behind)
    })
    behind.once('data', (first: Buffer) => {
      if (first.toString('latin1', 0, 3) === 'ACK') change(first)
      client.write(first)
      behind.pipe(client)
    })
    client.on('close', () => behind.destroy())
    behind.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `opc.tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

/** The gateway reads all texts through it. */
async function expectRead(
  change: Change,
  { text = TEXT, changeHello = (() => {}) as Change } = {},
): Promise<void> {
  const variables = NAMES.map((name) => ({
    name,
    dataType: 'String' as const,
    initial: { dataType: DataType.String, value: text },
  }))
  await using server = await startOpcUaServer({ folder, variables })
  await using before = await startAcknowledging(server.port, change, changeHello)
  const driver = createOpcUaDriver()
  const signals = Object.fromEntries(NAMES.map((name) => [name, { at: `nsu=${NAMESPACE};s=${name}` }]))
  const device = deviceOf(driver, { url: before.url, security: 'None', mode: 'poll' }, signals)
  await using link = await driver.connect(device, driverContext(folder), new AbortController().signal)
  const readings = await readUntil(link, ({ length }) => length === 1)
  expect(NAMES.map((name) => valuesOf(readings, name)[0])).toEqual(NAMES.map(() => text))
}

test('a server as the library has it', () => expectRead(() => {}))

// That of the library says what its client receives and sends. Others say, as they should, what they do themselves.
test('a server that receives what we send, and sends what we receive', () =>
  expectRead((acknowledge) => {
    const [received, sent] = [acknowledge.readUInt32LE(RECEIVES_AT), acknowledge.readUInt32LE(SENDS_AT)]
    acknowledge.writeUInt32LE(sent, RECEIVES_AT)
    acknowledge.writeUInt32LE(received, SENDS_AT)
  }))

// It says what it receives; the library takes it for what it sends as well.
test('a server that takes requests of one piece only', () =>
  expectRead((acknowledge) => void acknowledge.writeUInt32LE(1, MOST_PIECES_AT), { text: 'short' }))

test('a server with pieces of 8 KB', () => {
  const change = (words: Buffer) => {
    words.writeUInt32LE(8_192, RECEIVES_AT)
    words.writeUInt32LE(8_192, SENDS_AT)
  }
  return expectRead(change, { changeHello: change })
})
