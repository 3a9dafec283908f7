/** How long a change at a device takes to its committed row, in the local log and in central. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { machineOwner } from '../../../src/domain/owner.ts'
import type { Aim, Bench, Benchmark, Figure } from '../benchmark.ts'
import { type BenchCentral, startCentral } from '../central.ts'
import { launch } from '../child.ts'
import { startGateway } from '../gateway-process.ts'
import type { ModbusDevices } from '../loads/modbus-devices.ts'
import type { OpcuaMachines } from '../loads/opcua-machines.ts'
import { IDLE, RUNNING } from '../loads/plant.ts'
import { monotonicMs } from '../process-meter.ts'
import { machineCode, modbusMap, opcuaMap, type Site, writeSite } from '../site.ts'
import { quantile } from '../statistics.ts'
import { until } from '../until.ts'

const POLL_MS = 100
const VALUES = 20
/** How often the log and central are looked at: the figures are too high by at most this. */
const LOOK_MS = 2
const SEEN_MAX_MS = 20_000
/** `central.batch.linger`: without waiting for company, and as it is by itself. */
const AT_ONCE = '0s'
const LINGERS = [AT_ONCE, '200ms']

/** Changes a machine's status word. @returns when, on the machine's monotonic clock */
type Change = (machine: number, status: number) => Promise<number>

interface Protocol {
  readonly name: string
  /** The first of its machines. */
  readonly first: number
  readonly change: Change
}

export const latency: Benchmark = {
  name: 'latency',
  summary: 'from a change at a device to its row in the local log, and in central',
  run: async (bench) => {
    const machines = bench.quick ? 2 : 5
    const changes = bench.quick ? 5 : 60
    const codes = Array.from({ length: machines * 2 }, (_, index) => machineCode(index))
    await using central = await startCentral(bench, codes)
    await using modbus = await launch<ModbusDevices>('loads/modbus-devices.ts')
    await using opcua = await launch<OpcuaMachines>('loads/opcua-machines.ts')
    const folder = join(bench.folder, 'load')
    const ports = await modbus.ask('start', {
      devices: machines,
      registers: VALUES,
      changesPerRead: 1,
      statusMs: 0,
    })
    const url = await opcua.ask('start', { machines, nodes: VALUES, changeMs: 0, statusMs: 0, folder })
    const poll = `${POLL_MS}ms`
    const maps = [
      ...ports.map((port, index) => modbusMap(index, port, VALUES, poll)),
      ...ports.map((_, index) => opcuaMap(machines + index, index, url, VALUES, poll)),
    ]
    const protocols: readonly Protocol[] = [
      { name: 'Modbus', first: 0, change: (device, status) => modbus.ask('setStatus', { device, status }) },
      {
        name: 'OPC UA',
        first: machines,
        change: (device, status) => opcua.ask('setStatus', { device, status }),
      },
    ]
    const figures: Figure[] = []
    for (const linger of LINGERS) {
      await central.empty()
      const site = await writeSite(join(bench.folder, linger), { ...central.address, linger }, maps)
      figures.push(...(await measure(bench, central, site, { protocols, machines, changes, linger })))
    }
    return figures
  },
}

interface Plan {
  readonly protocols: readonly Protocol[]
  readonly machines: number
  readonly changes: number
  readonly linger: string
}

interface Delay {
  readonly logMs: number
  readonly centralMs: number
}

async function measure(
  bench: Bench,
  central: BenchCentral,
  site: Site,
  plan: Plan,
): Promise<readonly Figure[]> {
  await using gateway = await startGateway(bench, site)
  await until('a row of every machine', { maxMs: 60_000, everyMs: 200 }, async () => {
    gateway.mustRun()
    return (await central.countMachines()) === plan.machines * 2 || undefined
  })
  const stop = new AbortController()
  const log = watchLog(site, stop.signal)
  const rows = watchCentral(central, stop.signal)
  const delays = await Promise.all(
    plan.protocols.map(async (protocol) => {
      const each = Array.from({ length: plan.machines }, (_, machine) =>
        delaysOf(machine, protocol, plan.changes, { log, rows }),
      )
      return { protocol: protocol.name, delays: (await Promise.all(each)).flat() }
    }),
  )
  stop.abort()
  return delays.flatMap(({ protocol, delays }) => figuresOf(protocol, plan.linger, delays))
}

/** Where the last row of each machine was seen, and when. */
interface Watch {
  /** Resolves when the machine has a row beyond those it had. */
  next(machine: string): Promise<number>
}

async function delaysOf(
  machine: number,
  protocol: Protocol,
  changes: number,
  watches: { readonly log: Watch; readonly rows: Watch },
): Promise<readonly Delay[]> {
  const code = machineCode(protocol.first + machine)
  const delays: Delay[] = []
  for (let change = 0; change < changes; change += 1) {
    // Anywhere within the polling interval, as at a real machine.
    await wait(POLL_MS * (1 + Math.random()))
    const seen = Promise.all([watches.log.next(code), watches.rows.next(code)])
    const changedMs = await protocol.change(machine, change % 2 === 0 ? IDLE : RUNNING)
    const [loggedMs, landedMs] = await seen
    delays.push({ logMs: loggedMs - changedMs, centralMs: landedMs - changedMs })
  }
  return delays
}

/** Where the code begins in the owner of a machine's events; SQLite counts from 1. */
const CODE_AT = machineOwner('').length + 1

/** Looks into the gateway's own file, where a row is seen only once it is synced. */
function watchLog(site: Site, signal: AbortSignal): Watch {
  const db = new Database(join(site.dataFolder, 'outbox.db'), { readonly: true })
  signal.addEventListener('abort', () => db.close())
  const select = db.prepare<[number, number], { seq: number; machine: string; kind: string }>(
    `SELECT seq, payload ->> 'kind' AS kind, substr(payload ->> 'subject', ?) AS machine FROM event WHERE seq > ? ORDER BY seq`,
  )
  let seq = db.prepare<[], number>('SELECT max(seq) FROM event').pluck().get() ?? 0
  return watch(signal, () => {
    const events = select.all(CODE_AT, seq)
    seq = events.at(-1)?.seq ?? seq
    return events.filter(({ kind }) => kind === 'status.opened').map(({ machine }) => machine)
  })
}

function watchCentral({ superuser }: BenchCentral, signal: AbortSignal): Watch {
  let id = -1
  return watch(signal, async () => {
    const { rows } = await superuser.query<{ id: string; machine: string }>(
      `SELECT h.id, machine_code AS machine FROM machine_status_history h JOIN machines m ON m.id = machine_id
       WHERE h.id > $1 ORDER BY h.id`,
      [id],
    )
    id = Number(rows.at(-1)?.id ?? id)
    return rows.map(({ machine }) => machine)
  })
}

/** Looks again and again for machines that have a new row, and tells who waits for them. */
function watch(signal: AbortSignal, look: () => readonly string[] | Promise<readonly string[]>): Watch {
  const waiting = new Map<string, (atMs: number) => void>()
  const run = async () => {
    while (!signal.aborted) {
      for (const machine of await look()) {
        waiting.get(machine)?.(monotonicMs())
        waiting.delete(machine)
      }
      await wait(LOOK_MS)
    }
  }
  const running = run()
  return {
    next: (machine) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      waiting.set(machine, resolve)
      running.catch(reject)
      const late = setTimeout(
        () => reject(new Error(`no row of ${machine} within ${SEEN_MAX_MS} ms`)),
        SEEN_MAX_MS,
      )
      return promise.finally(() => clearTimeout(late))
    },
  }
}

function figuresOf(protocol: string, linger: string, delays: readonly Delay[]): readonly Figure[] {
  const load = `${protocol}, poll ${POLL_MS} ms, linger ${linger}, ${delays.length} changes`
  const figure = (measure: string, values: readonly number[], share: number, aim?: Aim): Figure => ({
    load,
    measure,
    value: quantile(values, share),
    unit: 'ms',
    ...(aim ? { aim } : {}),
  })
  const logMs = delays.map((delay) => delay.logMs)
  const centralMs = delays.map((delay) => delay.centralMs)
  return [
    figure('change to local log, p50', logMs, 0.5),
    figure('change to local log, p99', logMs, 0.99, { atMost: POLL_MS + 100 }),
    figure('change to central, p50', centralMs, 0.5),
    figure(
      'change to central, p99',
      centralMs,
      0.99,
      linger === AT_ONCE ? { atMost: POLL_MS + 100 } : undefined,
    ),
  ]
}
