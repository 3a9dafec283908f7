/** Wrong addresses as data: what the simulated device is, what the technician wrote, and what the text must name. */
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SerialPort } from 'serialport'
import { parse, stringify } from 'yaml'
import { callMillrace } from './called-command.ts'
import { ModbusDevice } from './modbus-device.ts'
import { type DeviceHabits, type DeviceRegisters, startRegisterDevice } from './register-device.ts'
import { serialCable } from './rtu-units.ts'

export interface AddressCase {
  readonly name: string
  readonly device: DeviceRegisters &
    DeviceHabits & {
      readonly nothing?: true
      readonly sends?: string
      readonly serial?: string
      readonly server?: true
    }
  readonly keys?: Readonly<Record<string, unknown>>
  readonly signals?: Readonly<Record<string, unknown>>
  readonly run?: readonly string[]
  readonly says: readonly (string | number)[]
}

/** Where a device is, as a map and as a URL name it. */
interface Running extends AsyncDisposable {
  readonly keys: Readonly<Record<string, unknown>>
  readonly url: string
}

export async function readAddressCases(file: URL): Promise<readonly AddressCase[]> {
  return parse(await readFile(file, 'utf8')) as readonly AddressCase[]
}

/**
 * Plays one situation and gives what was said.
 * @param serverUrl of the OPC UA server that all cases share
 * @param tryFor how long a map is played
 */
export async function playAddressCase(
  { device, keys = {}, signals, run }: AddressCase,
  serverUrl: string,
  tryFor: string,
): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'millrace-address-'))
  try {
    await using running = await start(device, serverUrl)
    const all = { ...running.keys, ...keys }
    if (run) {
      const argv = run.map((word) => (word === 'URL' ? urlWith(running.url, keys) : word))
      const isServer = device.server === true
      const security = isServer ? ['--security', String(all.security)] : []
      const { out, err } = await callMillrace([...argv, ...security], { cwd })
      return out + err
    }
    const map = {
      machine: 'PRESS-07',
      device: { ...all, poll: '200ms' },
      signals,
      status: [{ else: true, is: 'idle' }],
    }
    await writeFile(join(cwd, 'map.yaml'), stringify(map))
    const { out, err } = await callMillrace(['try', 'map.yaml', '--for', tryFor], { cwd })
    return out + err
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

function urlWith(url: string, keys: Readonly<Record<string, unknown>>): string {
  if (url.startsWith('opc.tcp:')) return url
  const query = Object.entries(keys).map(([key, value]) => `${key}=${value}`)
  return query.length === 0 ? url : `${url}?${query.join('&')}`
}

async function start(device: AddressCase['device'], serverUrl: string): Promise<Running> {
  if (device.server) {
    const keys = { driver: 'opcua', url: serverUrl, security: 'None' }
    return { keys, url: serverUrl, [Symbol.asyncDispose]: async () => undefined }
  }
  if (device.serial !== undefined) return await startSerial(device.serial)
  if (device.nothing) return { ...tcpAt(await closedPort()), [Symbol.asyncDispose]: async () => undefined }
  const modbus =
    device.sends === undefined ? await startRegisterDevice(device, device) : await startSender(device.sends)
  return { ...tcpAt(modbus.port), [Symbol.asyncDispose]: () => modbus.stop() }
}

function tcpAt(port: number) {
  return { keys: { driver: 'modbus-tcp', host: '127.0.0.1', port }, url: `modbus://127.0.0.1:${port}/1` }
}

/** A port where nothing listens any more. */
async function closedPort(): Promise<number> {
  const device = await ModbusDevice.start()
  const { port } = device
  await device.stop()
  return port
}

/** Answers every request with the same bytes. */
async function startSender(hex: string): Promise<ModbusDevice> {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  return await ModbusDevice.start(({ socket }) => socket.write(bytes))
}

/** `echo`: it sends back what it hears; `silent`: nothing; `held`: another program has it open; else the bytes of each answer. */
async function startSerial(answer: string): Promise<Running> {
  const cable = await serialCable([])
  const holder = answer === 'held' ? new SerialPort({ path: cable.path, baudRate: 9_600 }) : undefined
  if (holder) await once(holder, 'open')
  if (/^[0-9a-f ]+$/.test(answer)) {
    const bytes = Buffer.from(answer.replaceAll(' ', ''), 'hex')
    cable.units.behaviour = (_request, send) => send(bytes)
  }
  if (answer === 'echo') {
    const take = cable.units.take.bind(cable.units)
    cable.units.take = (received, send) => {
      send(received)
      return take(received, () => undefined)
    }
  }
  return {
    keys: { driver: 'modbus-rtu', path: cable.path },
    url: `modbus-rtu://${cable.path}?unit=1`,
    [Symbol.asyncDispose]: async () => {
      holder?.close()
      await cable[Symbol.asyncDispose]()
    },
  }
}
