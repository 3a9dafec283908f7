/**
 * Node-RED: the Modbus nodes that most of its users take, and a function that inserts with `pg`. Neither it nor these nodes keep what
 * could not be written, and its documents recommend nothing for that: an error goes to a catch node.
 */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProgram } from '../gateway-process.ts'
import { byDevice, type Installed, type Peer, type PeerPlant, type PeerSite } from './peer.ts'

const VARIABLE = 'MILLRACE_PEER_NODE_RED'
const PACKAGES = ['node-red', 'node-red-contrib-modbus', 'pg']
/** The message of PostgreSQL's protocol that ends a statement, and with it a transaction of one. */
const SYNC = Buffer.of(0x53, 0, 0, 0, 4)

export const nodeRed: Peer = {
  name: 'Node-RED',
  find: async () => {
    const folder = process.env[VARIABLE]
    if (!folder) {
      return {
        missing: `${VARIABLE}: a folder in which npm installed ${PACKAGES.join(', ')} (docs/peers.md)`,
      }
    }
    const versions = await Promise.all(PACKAGES.map((name) => versionOf(folder, name)))
    return installed(folder, versions.join(', '))
  },
}

async function versionOf(folder: string, name: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8'))
  return `${name} ${version}`
}

function installed(installation: string, version: string): Installed {
  return {
    version,
    settings:
      'one modbus-client and one modbus-read (rate 1 s) a device, one function with a pg.Pool; no retry',
    isCommit: (bytes) => bytes.includes('INSERT INTO') && bytes.includes(SYNC),
    prepare: async (plant) => {
      await mkdir(plant.folder, { recursive: true })
      await symlink(join(installation, 'node_modules'), join(plant.folder, 'node_modules'))
      await writeFile(join(plant.folder, 'settings.js'), SETTINGS)
      await writeFile(join(plant.folder, 'flows.json'), JSON.stringify(flowOf(plant.ports, plant.registers)))
      await plant.superuser.query(TABLE)
      return site(installation, plant)
    },
  }
}

function site(installation: string, { folder, ports, central, superuser }: PeerPlant): PeerSite {
  const { host, port, user, password, database } = central
  return {
    start: () =>
      startProgram({
        name: 'Node-RED',
        file: process.execPath,
        args: [join(installation, 'node_modules/node-red/red.js'), '--userDir', folder, 'flows.json'],
        cwd: folder,
        env: {
          PGHOST: host,
          PGPORT: String(port),
          PGUSER: user,
          PGPASSWORD: password,
          PGDATABASE: database,
        },
        logFile: join(folder, 'node-red.log'),
      }),
    arrived: async () => {
      // Arrays count from 1: register 1 is the second.
      const text = 'SELECT device, registers[2] AS number FROM peers.readings'
      const { rows } = await superuser.query<{ device: number; number: number }>(text)
      return byDevice(ports.length, rows)
    },
  }
}

const TABLE = `CREATE TABLE peers.readings (at timestamptz NOT NULL, device int NOT NULL, registers int[] NOT NULL);
  ALTER TABLE peers.readings OWNER TO peer`

/** No editor: nothing listens. */
const SETTINGS = `const { Pool } = require('pg')
const pool = new Pool()
pool.on('error', () => undefined)
module.exports = {
  httpAdminRoot: false,
  httpNodeRoot: false,
  uiHost: '127.0.0.1',
  uiPort: 0,
  flowFile: 'flows.json',
  functionGlobalContext: { pool },
  logging: { console: { level: 'error', metrics: false, audit: false } },
}
`

const INSERT = `const text = 'INSERT INTO readings (at, device, registers) VALUES ($1, $2, $3)'
global.get('pool').query(text, [new Date(), Number(msg.topic), msg.payload])
  .then(() => node.done(), (error) => node.error(error.message, msg))
`

function flowOf(ports: readonly number[], registers: number): readonly Record<string, unknown>[] {
  const [x, y, z] = [0, 0, 'flow']
  return [
    { id: 'flow', type: 'tab', label: 'devices' },
    { id: 'insert', type: 'function', z, x, y, name: 'insert', func: INSERT, outputs: 0, wires: [] },
    { id: 'caught', type: 'catch', z, x, y, name: 'lost', scope: null, uncaught: false, wires: [[]] },
    ...ports.flatMap((port, device) => [clientNode(device, port), readNode(device, registers)]),
  ]
}

function clientNode(device: number, port: number): Record<string, unknown> {
  return {
    id: `client-${device}`,
    type: 'modbus-client',
    name: `device ${device}`,
    clienttype: 'tcp',
    bufferCommands: true,
    stateLogEnabled: false,
    queueLogEnabled: false,
    failureLogEnabled: true,
    tcpHost: '127.0.0.1',
    tcpPort: String(port),
    tcpType: 'DEFAULT',
    unit_id: '1',
    commandDelay: '1',
    clientTimeout: '1000',
    reconnectOnTimeout: true,
    reconnectTimeout: '2000',
    parallelUnitIdsAllowed: true,
  }
}

function readNode(device: number, registers: number): Record<string, unknown> {
  return {
    id: `read-${device}`,
    type: 'modbus-read',
    z: 'flow',
    x: 0,
    y: 0,
    name: `device ${device}`,
    topic: String(device),
    showErrors: true,
    showWarnings: true,
    unitid: '1',
    dataType: 'HoldingRegister',
    adr: '0',
    quantity: String(registers),
    rate: '1',
    rateUnit: 's',
    delayOnStart: false,
    server: `client-${device}`,
    useIOFile: false,
    wires: [['insert'], []],
  }
}
