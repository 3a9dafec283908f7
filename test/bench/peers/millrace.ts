/** The gateway itself, as the benchmark `modbus` runs it. It sends no values but statuses, so each read shows another status here. */
import { join } from 'node:path'
import packageFile from '../../../package.json' with { type: 'json' }
import type { Bench } from '../benchmark.ts'
import { startGateway } from '../gateway-process.ts'
import { DOWN, IDLE, RUNNING, statusOfRead } from '../loads/plant.ts'
import { machineCode, modbusMap, writeSite } from '../site.ts'
import { type Installed, type PeerSite, POLL, type Reads } from './peer.ts'

const STATUS: Readonly<Record<number, string>> = { [RUNNING]: 'running', [IDLE]: 'idle', [DOWN]: 'down' }
/** Both stamp with this computer's clock; rows in whole milliseconds. */
const CLOCK_MS = 50
/** A busy gateway gets to an answer this late. */
const LATE_MAX_MS = 5_000

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
  FROM machine_status_history h JOIN machines m ON m.id = h.machine_id ORDER BY h.changed_at, h.id`

/**
 * Rows carry no number, so they are held against the reads in order: as many as possible are matched, each with the row of its status
 * that came behind it. A read without a row has arrived where the row before it says the same. One whose row is there twice, at the
 * same time, has arrived twice.
 */
function numbersOf(reads: Reads, rows: readonly StatusRow[]): readonly (readonly number[])[] {
  return reads.map((times, device) => {
    const own = rows.filter(({ machine }) => machine === machineCode(device))
    const distinct = own.filter((row, index) => index === 0 || !isSame(row, own[index - 1]))
    const matched = matches(times, distinct)
    return times.flatMap((atMs, index) => {
      const row = matched[index] ?? distinct.findLast((one) => one.atMs <= atMs + CLOCK_MS)
      if (!row || row.status !== shownAt(index)) return []
      const copies = matched[index] ? own.filter((one) => isSame(one, row)).length : 1
      return Array<number>(copies).fill(index + 1)
    })
  })
}

/** The longest common subsequence of what was shown and the rows. @returns of each read its row */
function matches(times: readonly number[], rows: readonly StatusRow[]): readonly (StatusRow | undefined)[] {
  const fits = (read: number, row: number) => {
    const lateMs = (rows[row]?.atMs ?? 0) - (times[read] ?? 0)
    return rows[row]?.status === shownAt(read) && lateMs > -CLOCK_MS && lateMs < LATE_MAX_MS
  }
  const width = rows.length + 1
  // How many of the reads from here on can be matched with the rows from here on.
  const longest = new Uint16Array((times.length + 1) * width)
  const at = (read: number, row: number) => longest[read * width + row] ?? 0
  for (let read = times.length - 1; read >= 0; read -= 1) {
    for (let row = rows.length - 1; row >= 0; row -= 1) {
      longest[read * width + row] = fits(read, row)
        ? at(read + 1, row + 1) + 1
        : Math.max(at(read + 1, row), at(read, row + 1))
    }
  }
  const found: (StatusRow | undefined)[] = []
  let row = 0
  for (let read = 0; read < times.length; read += 1) {
    while (!fits(read, row) && at(read, row + 1) > at(read + 1, row)) row += 1
    found.push(fits(read, row) ? rows[row] : undefined)
    if (found[read]) row += 1
  }
  return found
}

function shownAt(index: number): string | undefined {
  return STATUS[statusOfRead(index + 1)]
}

function isSame(one: StatusRow, other: StatusRow | undefined): boolean {
  return one.status === other?.status && one.atMs === other.atMs
}
