/** The simulated scanner against a plain client that knows nothing of the gateway. */
import { readFileSync } from 'node:fs'
import { mkdtemp, readlink, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ptyCable } from '../../../simulators/scanner/pty-cable.ts'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { tcpCable } from '../../../simulators/scanner/tcp-cable.ts'
import { openTruth } from '../../../simulators/truth.ts'

const ACK = Buffer.from([0x06])

let folder: string
let client: Socket | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-scanner-'))
})
afterEach(async () => {
  client?.destroy()
  await rm(folder, { recursive: true })
})

/** Answers each line end with a beep. */
async function gatewayAt(address: string): Promise<{ received(): string }> {
  const socket = connect(Number(address.split(':')[1]), '127.0.0.1')
  client = socket
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
    for (const end of text.matchAll(/\r/g)) if (end) socket.write(ACK)
  })
  await new Promise<void>((connected) => socket.once('connect', connected))
  return { received: () => received }
}

test('a script is played step by step, and each beep is written down with the scan that it followed', async () => {
  await using cable = await tcpCable()
  const device = new SimulatedScanner({ name: 'ST-12', cable })
  const gateway = await gatewayAt(cable.address)
  await expect.poll(() => cable.isTaken).toBe(true)
  await device.play([
    { scan: 'WO-1' },
    { double: 'LABEL-7', gap: '10ms' },
    { split: 'HALVES', into: 3, gap: '5ms' },
    { together: ['A', 'B'] },
    { garbage: 3 },
    { pause: '1ms' },
  ])
  const read = 'WO-1\rLABEL-7\rLABEL-7\rHALVES\rA\rB\r'
  await expect.poll(gateway.received).toHaveLength(read.length + 3)
  expect(gateway.received().slice(0, read.length)).toBe(read)
  expect(device.sent.map(({ code }) => code)).toEqual(['WO-1', 'LABEL-7', 'LABEL-7', 'HALVES', 'A', 'B'])
  expect(device.beeps.slice(0, 4).map(({ scan }) => scan)).toEqual([0, 1, 2, 3])
  for (const { bytes, afterMs } of device.beeps) {
    expect(bytes[0]).toBe(0x06)
    expect(afterMs).toBeGreaterThan(0)
  }
})

test('the truth has codes and beeps with their moments, and of a badge only that there was one', async () => {
  const file = join(folder, 'truth.ndjson')
  const truth = openTruth(file)
  await using cable = await tcpCable()
  const device = new SimulatedScanner({ name: 'ST-12', cable, truth })
  await gatewayAt(cable.address)
  await expect.poll(() => cable.isTaken).toBe(true)
  await device.play([{ badge: 'B4711' }, { scan: 'WO-1' }])
  truth.close()
  const text = readFileSync(file, 'utf8')
  expect(text).not.toContain('4711')
  const at = expect.stringMatching(/^\d{4}-.*Z$/)
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { at, scanner: 'ST-12', event: 'badge' },
    { at, scanner: 'ST-12', event: 'beep', bytes: '06' },
    { at, scanner: 'ST-12', event: 'scan', code: 'WO-1' },
    { at, scanner: 'ST-12', event: 'beep', bytes: '06' },
  ])
})

test('without a beep it goes on after a while', async () => {
  await using cable = await tcpCable()
  const device = new SimulatedScanner({ name: 'ST-12', cable, beepMaxMs: 10 })
  await device.play([{ scan: 'A' }, { scan: 'B' }])
  expect(device.sent).toEqual([
    { code: 'A', isTaken: false },
    { code: 'B', isTaken: false },
  ])
  expect(device.beeps).toEqual([])
})

test('plugged in again, a scanner on USB has another terminal behind the same name', async () => {
  const link = join(folder, 'scanner')
  await using cable = await ptyCable(link)
  const device = new SimulatedScanner({ name: 'ST-12', cable })
  const terminals = [await readlink(link)]
  for (let plug = 0; plug < 5; plug += 1) {
    await device.play([{ unplug: '1ms' }])
    terminals.push(await readlink(link))
  }
  for (const [index, terminal] of terminals.slice(1).entries()) expect(terminal).not.toBe(terminals[index])
  await cable.unplug()
  await expect(readlink(link)).rejects.toThrow('ENOENT')
})

test('plugged in again, a device server has the same port', async () => {
  await using cable = await tcpCable()
  const { address } = cable
  await new SimulatedScanner({ name: 'ST-12', cable }).play([{ unplug: '1ms' }])
  expect(cable.address).toBe(address)
  await gatewayAt(address)
  await expect.poll(() => cable.isTaken).toBe(true)
})
