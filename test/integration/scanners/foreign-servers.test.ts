/** Device servers and scanners that do not behave as a wire does, as their users report of them, on real sockets. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Scanner, ScannerLink } from '../../../src/domain/scanner.ts'
import { ForeignServer } from '../../support/foreign-server.ts'
import { codesOf, endOfScanner, itemsUntil, scannerContext, scannerOf } from '../../support/scanner-bench.ts'
import { transportOf } from '../../support/scanner-folders.ts'

const transport = transportOf('tcp')

let abort: AbortController
let server: ForeignServer
beforeEach(() => {
  abort = new AbortController()
})
afterEach(async () => {
  abort.abort()
  await server.stop()
})

function scannerAt({ address }: ForeignServer): Scanner {
  return scannerOf(transport, { tcp: address })
}

function connect(scanner: Scanner): Promise<ScannerLink> {
  return transport.connect(scanner, scannerContext(), abort.signal)
}

function nextCodes(link: ScannerLink, count: number): Promise<readonly string[]> {
  return itemsUntil(link, (items) => codesOf(items).length === count).then(codesOf)
}

describe('a line that sends back what it is sent', () => {
  test.each([
    ['the bell', '\x07'],
    ['a beep with CR', '\x16\x07\r'],
    ['a command in letters', '#@////\r'],
    ['one letter', 'F'],
  ])('makes no scan of %s', async (_, beep) => {
    server = await ForeignServer.start(undefined, (bytes, socket) => void socket.write(bytes))
    const link = await connect(scannerAt(server))
    const reading = nextCodes(link, 2)
    server.say('WO-1\r')
    await wait(20)
    await link.acknowledge?.(Buffer.from(beep, 'latin1'))
    await expect.poll(() => server.heard).toBe(beep)
    await wait(1_100)
    server.say('WO-2\r')
    expect(await reading).toEqual(['WO-1', 'WO-2'])
  })
})

describe('a device server that ends connections that are idle', () => {
  test('does not have the first scan of the next one cut in two by a pause on the network', async () => {
    server = await ForeignServer.start()
    const scanner = scannerAt(server)
    const first = await connect(scanner)
    const ended = endOfScanner(first)
    server.say('WO-1\r')
    server.hangUp()
    expect(codesOf((await ended).items)).toEqual(['WO-1'])
    await first[Symbol.asyncDispose]()
    const reading = nextCodes(await connect(scanner), 1)
    server.say('WO-')
    await wait(200)
    server.say('2\r')
    expect(await reading).toEqual(['WO-2'])
  })
})

describe('a device server in telnet mode', () => {
  /** Echo, no waiting for a turn, bytes as they are, and the setting up of a port, as RFC 2217 has it. */
  const OFFERS = 'fffb01fffb03fffd00fffb00fffd2c'

  test('is answered, and what it says of itself is no scan', async () => {
    server = await ForeignServer.start((socket) => socket.write(Buffer.from(OFFERS, 'hex')))
    const link = await connect(scannerAt(server))
    const reading = itemsUntil(link, (items) => codesOf(items).length === 2)
    await expect
      .poll(() => Buffer.from(server.heard, 'latin1').toString('hex'))
      .toBe('fffe01fffd03fffb00fffd00fffc2c')
    await wait(150)
    server.say('WO-1\r\0')
    await wait(150)
    server.say('WO-2\r\0')
    const items = await reading
    expect(codesOf(items)).toEqual(['WO-1', 'WO-2'])
    expect(items).toMatchObject([
      { kind: 'opened', remark: expect.stringContaining('telnet') },
      { kind: 'scan' },
      { kind: 'scan' },
    ])
  })
})

test('a device server that says why it takes nobody else, and ends the connection, has scanned nothing', async () => {
  server = await ForeignServer.start((socket) => socket.end('Port already in use\r\n'))
  const fault: unknown = await connect(scannerAt(server)).catch((error) => error)
  expect(fault).toMatchObject({
    code: 'link-closed',
    message: expect.stringContaining('ends each connection as soon as it is made'),
  })
})

test('what was scanned before the connection was made, and comes with it, is read', async () => {
  server = await ForeignServer.start((socket) => socket.write('WO-1\rWO-'))
  const link = await connect(scannerAt(server))
  const reading = nextCodes(link, 2)
  server.say('2\r')
  expect(await reading).toEqual(['WO-1', 'WO-2'])
})
