/** Telegraf: its own Modbus input and PostgreSQL output, with the buffer on disk that its makers offer against loss. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startProgram } from '../gateway-process.ts'
import { byDevice, type Installed, type Peer, type PeerPlant, type PeerSite, POLL } from './peer.ts'

const VARIABLE = 'MILLRACE_PEER_TELEGRAF'

export const telegraf: Peer = {
  name: 'Telegraf',
  find: async () => {
    const file = process.env[VARIABLE] ?? 'telegraf'
    const version = await promisify(execFile)(file, ['--version']).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    )
    if (version === undefined) {
      return { missing: `${VARIABLE}, or telegraf in the PATH: its package, or go build (docs/peers.md)` }
    }
    return installed(file, version)
  },
}

function installed(file: string, version: string): Installed {
  return {
    version,
    settings: `interval and flush_interval ${POLL}, buffer_strategy disk; one inputs.modbus a device, one request each; outputs.postgresql as it is`,
    isCommit: (bytes) => /commit/i.test(bytes.toString('latin1')),
    prepare: async (plant) => {
      const configFile = join(plant.folder, 'telegraf.conf')
      await mkdir(plant.folder, { recursive: true })
      await writeFile(configFile, configOf(plant), { mode: 0o600 })
      return site(file, configFile, plant)
    },
  }
}

function site(file: string, configFile: string, { folder, ports, superuser }: PeerPlant): PeerSite {
  return {
    start: () =>
      startProgram({
        name: 'Telegraf',
        file,
        args: ['--config', configFile],
        cwd: folder,
        logFile: join(folder, 'telegraf.log'),
      }),
    arrived: async () => {
      // The output makes its table with the first row.
      const { rows: tables } = await superuser.query(`SELECT to_regclass('peers.modbus') AS made`)
      if (tables[0]?.made === null) return byDevice(ports.length, [])
      const text = 'SELECT device::int AS device, r1::int AS number FROM peers.modbus'
      const { rows } = await superuser.query<{ device: number; number: number }>(text)
      return byDevice(ports.length, rows)
    },
  }
}

function configOf({ folder, ports, registers, central }: PeerPlant): string {
  const { host, port, user, password, database } = central
  return `[agent]
  interval = "${POLL}"
  flush_interval = "${POLL}"
  round_interval = true
  buffer_strategy = "disk"
  buffer_directory = "${join(folder, 'buffer')}"

[[outputs.postgresql]]
  connection = "host=${host} port=${port} user=${user} password=${password} dbname=${database} sslmode=disable"
  schema = "peers"

${ports.map((devicePort, device) => inputOf(device, devicePort, registers)).join('\n')}`
}

function inputOf(device: number, port: number, registers: number): string {
  const fields = Array.from(
    { length: registers },
    (_, register) => `{ address = ${register}, name = "r${register}", type = "UINT16", output = "INT64" }`,
  )
  return `[[inputs.modbus]]
  name = "device-${device}"
  controller = "tcp://127.0.0.1:${port}"
  timeout = "1s"
  configuration_type = "request"
  [[inputs.modbus.request]]
    slave_id = 1
    byte_order = "ABCD"
    register = "holding"
    fields = [${fields.join(', ')}]
    [inputs.modbus.request.tags]
      device = "${device}"
`
}
