/** The files of a gateway under test: `gateway.yaml`, its password and one device map a machine or scanner. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../../simulators/central/free-port.ts'
import { DOWN, IDLE, nodeId, RUNNING, signalTopic } from './loads/plant.ts'

/** Where events go. Without a server there, the gateway keeps them: enough where only its polling is measured. */
export interface CentralAddress {
  readonly url: string
  readonly password: string
  /** `central.batch.linger`; as it is by itself unless said. */
  readonly linger?: string
}

export const NO_CENTRAL: CentralAddress = { url: 'postgres://gateway@127.0.0.1:1/mes', password: 'none' }
export const ORGANIZATION = 'BENCH'
export const PLANT = 'BENCH-1'

export interface Site {
  readonly configFile: string
  readonly dataFolder: string
}

type Map = Readonly<Record<string, unknown>>

/** @param settings other sections of `gateway.yaml` */
export async function writeSite(
  folder: string,
  central: CentralAddress,
  maps: readonly Map[],
  settings: Map = {},
): Promise<Site> {
  const site = { configFile: join(folder, 'gateway.yaml'), dataFolder: join(folder, 'data') }
  await mkdir(join(folder, 'devices'), { recursive: true })
  await writeFile(join(folder, 'password'), central.password, { mode: 0o600 })
  await writeFile(site.configFile, stringify({ ...(await gatewayFile(central)), ...settings }))
  await Promise.all(
    maps.map((map) =>
      writeFile(join(folder, 'devices', `${map.machine ?? map.scanner}.yaml`), stringify(map)),
    ),
  )
  return site
}

async function gatewayFile({ url, linger }: CentralAddress): Promise<Map> {
  const batch = linger === undefined ? {} : { batch: { linger } }
  return {
    gateway: 'bench',
    organization: ORGANIZATION,
    plant: PLANT,
    timezone: 'UTC',
    devices: 'devices',
    data: 'data',
    central: { url, password_file: 'password', tls: 'off', ...batch },
    console: { host: '127.0.0.1', port: await freePort('127.0.0.1') },
    log: { level: 'warn' },
  }
}

export function machineCode(index: number): string {
  return `M-${String(index + 1).padStart(3, '0')}`
}

/** A machine whose first holding register is its status word; all the others are signals that no rule reads. */
export function modbusMap(index: number, port: number, registers: number, poll: string): Map {
  const signals = Object.fromEntries(
    Array.from({ length: registers - 1 }, (_, other) => [
      `r${other + 1}`,
      { at: 40_002 + other, type: 'u16' },
    ]),
  )
  const device = { driver: 'modbus-tcp', host: '127.0.0.1', port, unit: 1, poll }
  return machineMap(index, device, { state: { at: 40_001, type: 'u16', names: STATE_NAMES }, ...signals })
}

/** The same with OPC UA nodes. */
export function opcuaMap(index: number, machine: number, url: string, nodes: number, poll: string): Map {
  const signals = Object.fromEntries(
    Array.from({ length: nodes - 1 }, (_, other) => [`n${other + 1}`, { node: nodeId(machine, other + 1) }]),
  )
  const device = { driver: 'opcua', url, security: 'None', poll }
  return machineMap(index, device, { state: { node: nodeId(machine, 0), names: STATE_NAMES }, ...signals })
}

/** The same with MQTT topics, whose messages are JSON. */
export function mqttMap(index: number, url: string, signals: number): Map {
  const others = Object.fromEntries(
    Array.from({ length: signals - 1 }, (_, other) => [
      `s${other + 1}`,
      { topic: signalTopic(index, other + 1), path: 'value' },
    ]),
  )
  const device = { driver: 'mqtt', url }
  const state = { topic: signalTopic(index, 0), path: 'value', names: STATE_NAMES }
  return machineMap(index, device, { state, ...others })
}

/** A scanner behind a device server on this computer; nobody has to badge in. */
export function stationMap(port: number): Map {
  return {
    scanner: 'ST-1',
    port: { tcp: `127.0.0.1:${port}` },
    operator: { without: { station_user: 1 } },
    rules: [{ match: '^BOX-', is: 'box' }],
    ack: { good: '47', bad: '42' },
  }
}

const STATE_NAMES = { [RUNNING]: 'run', [IDLE]: 'wait', [DOWN]: 'fault' }
const AT_ONCE = { for: '0s', release: '0s' }

/** Nothing is held back, so that every change of the status word is a row. */
function machineMap(index: number, device: Map, signals: Map): Map {
  return {
    machine: machineCode(index),
    device,
    signals,
    stops: { ignore_stop_below: '0s', ignore_run_below: '0s', micro_stop_below: '0s' },
    status: [
      {
        when: { state: 'fault' },
        is: 'down',
        reason: 'mechanical_failure',
        category: 'equipment',
        ...AT_ONCE,
      },
      { when: { state: 'run' }, is: 'running', ...AT_ONCE },
      { else: true, is: 'idle', ...AT_ONCE },
    ],
  }
}
