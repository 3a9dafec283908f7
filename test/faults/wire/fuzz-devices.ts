/**
 * Devices as the gateway collects them, with damage on the way. Nothing may be thrown past the collector, nothing may hang, no value
 * may be one that the device never showed, and once the way is whole again every signal is read.
 */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DataType, OPCUACertificateManager } from 'node-opcua'
import type { Driver } from '../../../src/domain/driver.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../../src/drivers/modbus/transports/tcp.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { type Collected, collected } from '../../support/collected.ts'
import { deviceOf, type SignalDraft } from '../../support/driver-bench.ts'
import { dataFrame, ModbusDevice, type ModbusRequest } from '../../support/modbus-device.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'
import { seededRandom } from '../faults.ts'
import { DAMAGES, type Damage, type Framing } from './damage.ts'
import { type DamagingProxy, startDamagingProxy } from './damaging-proxy.ts'

/** From the repair until every signal is read again. */
const HANG_MS = 60_000

/** The device understands only whole requests: these may be lost, late, out of order or come twice. */
const WHOLE: readonly Damage[] = ['lost', 'twice', 'late again', 'swapped', 'held', 'end']

/**
 * The header, the function and the number of bytes. What follows are values: Modbus TCP has no check sum, so a value that was changed on
 * the way, past the one of TCP, is another value. No client can know.
 */
const MODBUS: Framing = {
  size: (bytes) => (bytes.length < 6 ? undefined : 6 + bytes.readUInt16BE(4)),
  lengthField: { at: 4, bytes: 2 },
  changeable: () => 9,
}
/** Two signals that are read together, and one far from them. */
const REGISTERS = [10, 11, 200]
const MODBUS_SUFFERING_MS = 800

/** @returns what was wrong; nothing, as a rule */
export async function fuzzModbus(seed: number): Promise<readonly string[]> {
  await using device = await ModbusDevice.start(answerWithAge)
  await using proxy = await startDamagingProxy({
    target: { host: '127.0.0.1', port: device.port },
    framing: MODBUS,
    random: seededRandom(seed),
    damages: { 'to-client': DAMAGES, 'to-server': WHOLE },
    reach: 25,
    links: 4,
  })
  await using driver = createModbusDriver(tcpTransport)
  const settings = { host: '127.0.0.1', port: proxy.port, timeout: '60ms', retries: 1 }
  const signals = Object.fromEntries(
    REGISTERS.map((at) => [`r${at}`, { at: `W${at}`, type: 'u16' as const }]),
  )
  return await suffer(driver, settings, signals, {
    proxy,
    sufferingMs: MODBUS_SUFFERING_MS,
    isTrue: (signal, value) => `r${Number(value) & 0xff}` === signal,
  })
}

/** Each register shows its own address, and above it how many requests there were: every answer is another one. */
function answerWithAge(request: ModbusRequest): void {
  const values = Buffer.alloc(request.count * 2)
  for (let n = 0; n < request.count; n++)
    values.writeUInt16BE(((request.nth & 0xff) << 8) | ((request.start + n) & 0xff), n * 2)
  request.socket.write(dataFrame(request, values))
}

/**
 * Kind, length, channel, token, number and request of a chunk. Without security (`None`) what follows is as unprotected as in Modbus;
 * what opens a channel holds no values.
 */
const CHUNKS: Framing = {
  size: (bytes) => (bytes.length < 8 ? undefined : Math.max(8, bytes.readUInt32LE(4))),
  lengthField: { at: 4, bytes: 4, isLittleEndian: true },
  changeable: (chunk) => (chunk.toString('latin1', 0, 3) === 'MSG' ? 24 : chunk.length),
}
/** Signed and encrypted, every byte is proven: any may be changed, and no value can be another one. */
const SECURED: Framing = { ...CHUNKS, changeable: (chunk) => chunk.length }
const NODES = ['a', 'b', 'c']
const TICK_MS = 200
const OPCUA_SUFFERING_MS = 4_000

/** A server whose variables change all the time; each shows in its last digit which one it is. */
export async function startTickingServer(folder: string): Promise<OpcUaTestServer> {
  const shown = (tick: number, index: number) => ({ dataType: DataType.Int32, value: tick * 10 + index })
  const variables = NODES.map((name, index) => ({
    name,
    dataType: 'Int32' as const,
    initial: shown(0, index),
  }))
  const server = await startOpcUaServer({ folder, variables })
  await trust(server, folder)
  let tick = 0
  const ticking = setInterval(() => {
    tick += 1
    for (const [index, name] of NODES.entries()) server.set(name, shown(tick, index))
  }, TICK_MS)
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      clearInterval(ticking)
      await server[Symbol.asyncDispose]()
    },
  }
}

/** As `millrace trust` does it, before any lane connects. */
async function trust(server: OpcUaTestServer, folder: string): Promise<void> {
  const ours = new OPCUACertificateManager({
    rootFolder: join(folder, 'opcua', 'pki'),
    disableFileWatchers: true,
  })
  await ours.initialize()
  for (const certificate of server.certificates()) await ours.trustCertificate(certificate)
  await ours.dispose()
}

/** @returns what was wrong; nothing, as a rule */
export async function fuzzOpcUa(
  server: OpcUaTestServer,
  folder: string,
  seed: number,
): Promise<readonly string[]> {
  const random = seededRandom(seed)
  const mode = random() < 0.5 ? 'subscribe' : 'poll'
  const security = random() < 0.3 ? 'Basic256Sha256' : 'None'
  await using proxy = await startDamagingProxy({
    target: { host: '127.0.0.1', port: server.port },
    framing: security === 'None' ? CHUNKS : SECURED,
    random,
    damages: { 'to-client': DAMAGES, 'to-server': DAMAGES },
    reach: 30,
    links: 6,
  })
  await using driver = createOpcUaDriver()
  const settings = { url: `opc.tcp://127.0.0.1:${proxy.port}`, security, mode }
  const signals = Object.fromEntries(NODES.map((name) => [name, { at: `nsu=${NAMESPACE};s=${name}` }]))
  return await suffer(driver, settings, signals, {
    proxy,
    stateFolder: folder,
    sufferingMs: OPCUA_SUFFERING_MS,
    isTrue: (signal, value) => NODES[Number(value) % 10] === signal,
  })
}

interface Suffering {
  readonly proxy: DamagingProxy
  readonly sufferingMs: number
  readonly stateFolder?: string
  readonly isTrue: (signal: string, value: unknown) => boolean
}

async function suffer<Settings, Address>(
  driver: Driver<Settings, Address>,
  settings: object,
  signals: Readonly<Record<string, SignalDraft>>,
  { proxy, stateFolder, sufferingMs, isTrue }: Suffering,
): Promise<readonly string[]> {
  await using machine = collected(deviceOf(driver, settings, signals), driver, undefined, stateFolder)
  const wrong: string[] = []
  const ended = machine.ended.then((error) => {
    if (error !== undefined) wrong.push(`the collector fell: ${error instanceof Error ? error.stack : error}`)
  })
  await Promise.race([wait(sufferingMs), ended])
  proxy.repair()
  const before = machine.samples().length
  const missing = () => {
    const seen = new Set(
      machine
        .samples()
        .slice(before)
        .flatMap(({ signal, quality }) => (quality === 'good' ? signal : [])),
    )
    return Object.keys(signals).filter((signal) => !seen.has(signal))
  }
  const endMs = performance.now() + HANG_MS
  while (missing().length > 0 && wrong.length === 0 && performance.now() < endMs) await wait(20)
  if (missing().length > 0) wrong.push(`not read again: ${missing().join(', ')}: ${whatItSays(machine)}`)
  for (const { signal, value, quality } of machine.samples())
    if (quality === 'good' && !isTrue(signal, value)) wrong.push(`${signal} was read as ${value}`)
  return wrong.length === 0 ? [] : [...wrong, ...proxy.done]
}

function whatItSays(machine: Collected): string {
  return JSON.stringify(machine.collector.health().summary)
}
