import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ptyCable } from '../../simulators/scanner/pty-cable.ts'
import { SimulatedScanner } from '../../simulators/scanner/scanner.ts'
import { tcpCable } from '../../simulators/scanner/tcp-cable.ts'
import { holdersOfLink } from '../support/port-holders.ts'
import { scannerContext, scannerOf } from '../support/scanner-bench.ts'
import { transportOf } from '../support/scanner-folders.ts'
import { scannerContract } from './scanner.contract.ts'

/** No beep comes in most of these tests. */
const BEEP_MAX_MS = 20

scannerContract('tcp', async () => {
  const cable = await tcpCable()
  const transport = transportOf('tcp')
  return {
    transport,
    scanner: scannerOf(transport, { tcp: cable.address }),
    device: new SimulatedScanner({ name: 'ST-12', cable, beepMaxMs: BEEP_MAX_MS }),
    isOpen: async () => cable.isTaken,
    [Symbol.asyncDispose]: () => cable[Symbol.asyncDispose](),
  }
})

test('a device server that serves another client is explained', async () => {
  await using cable = await tcpCable()
  const connect = () => {
    // Of another gateway each.
    const transport = transportOf('tcp')
    const scanner = scannerOf(transport, { tcp: cable.address })
    return transport.connect(scanner, scannerContext(), new AbortController().signal)
  }
  await using link = await connect()
  expect(link).toBeDefined()
  await expect(connect()).rejects.toMatchObject({
    code: 'link-closed',
    message: `ST-12: ${cable.address} ends each connection as soon as it is made`,
    hint: expect.stringContaining('another client'),
  })
})

scannerContract('serial', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-scanner-'))
  const cable = await ptyCable(join(folder, 'scanner'))
  const transport = transportOf('serial')
  return {
    transport,
    scanner: scannerOf(transport, { serial: cable.address }),
    device: new SimulatedScanner({ name: 'ST-12', cable, beepMaxMs: BEEP_MAX_MS }),
    isOpen: () => isOpen(cable.address),
    [Symbol.asyncDispose]: async () => {
      await cable[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
})

scannerContract('usb_serial', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-scanner-'))
  const cable = await ptyCable(join(folder, 'usb-Honeywell_1950g_21097B1234-if00'))
  const transport = transportOf('usb_serial', { byId: folder, tty: join(folder, 'none') })
  return {
    transport,
    scanner: scannerOf(transport, { usb_serial: '21097B1234' }),
    device: new SimulatedScanner({ name: 'ST-12', cable, beepMaxMs: BEEP_MAX_MS }),
    isOpen: () => isOpen(cable.address),
    [Symbol.asyncDispose]: async () => {
      await cable[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
})

/** The simulator in this process holds the terminal open once. */
async function isOpen(link: string): Promise<boolean> {
  return (await holdersOfLink(link)) > 1
}
