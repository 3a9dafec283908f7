/** The gateway itself, as the benchmark `modbus` runs it. It sends no values but statuses, so each read shows another status here. */
import { join } from 'node:path'
import packageFile from '../../../package.json' with { type: 'json' }
import type { Bench } from '../benchmark.ts'
import { startGateway } from '../gateway-process.ts'
import { DOWN, IDLE, RUNNING, statusOfRead } from '../loads/plant.ts'
import { machineCode, modbusMap, writeSite } from '../site.ts'
import { type Installed, type PeerSite, POLL, type Reads } from './peer.ts'

const STATUS: Readonly<Record<number, string>> = { [RUNNING]: 'running', [IDLE]: 'idle', [DOWN]: 'down' }
/** From a device's answer to the time in its row; the next read is a second away. */
const NEAR_MS = 400

export function millrace(bench: Bench): Installed {
  return {
    version: `Millrace ${packageFile.version}`,
    settings: `poll ${POLL}, one map a device with 100 signals; every rule without delay, so that each read is a row of machine_status_history`,
    isCommit: (bytes) => /COMMIT/i.test(bytes.toString('latin1')),
    prepare: async ({ folder, ports, registers, central, superuser }) => {
      const { user, password, host, port, database } = central
      const url = `postgres://${user}@${host}:${port}/${database}`
      const maps = ports.map((device, index) => modbusMap(index, device, registers, POLL))
      const site = await writeSite(join(folder), { url, password }, maps)
      return {
        start: () => startGateway(bench, site),
        arrived: async (reads) => numbersOf(reads, (await superuser.query<StatusRow>(ROWS)).rows),
      } satisfies PeerSite
    },
  }
}

interface StatusRow {
  readonly machine: string
  readonly status: string
  readonly atMs: number
}

const ROWS = `SELECT m.machine_code AS machine, h.new_status AS status,
    (extract(epoch FROM h.changed_at) * 1000)::float8 AS "atMs"
  FROM machine_status_history h JOIN machines m ON m.id = h.machine_id ORDER BY h.changed_at`

/**
 * A read has arrived where the status that holds at its time, by the rows, is what it showed; it is there as often as the row of its
 * status and time is.
 */
function numbersOf(reads: Reads, rows: readonly StatusRow[]): readonly (readonly number[])[] {
  return reads.map((times, device) => {
    const own = rows.filter(({ machine }) => machine === machineCode(device))
    return times.flatMap((atMs, index) => {
      const number = index + 1
      const held = own.findLast((row) => row.atMs <= atMs + NEAR_MS)
      if (!held || held.status !== STATUS[statusOfRead(number)]) return []
      const same = own.filter((row) => row.status === held.status && row.atMs === held.atMs)
      return same.map(() => number)
    })
  })
}
