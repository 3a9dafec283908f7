/** How long an operator waits for the beep: from the last byte of a scan to the first byte of its answer, after the commit. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { BeepAfterCommit } from '../bare/beep-after-commit.ts'
import type { Bench, Benchmark, Figure } from '../benchmark.ts'
import { startCentral } from '../central.ts'
import { launch } from '../child.ts'
import { startGateway } from '../gateway-process.ts'
import type { ModbusDevices } from '../loads/modbus-devices.ts'
import { ScannerSocket } from '../loads/scanner-socket.ts'
import { type CentralAddress, machineCode, modbusMap, NO_CENTRAL, stationMap, writeSite } from '../site.ts'
import { quantile } from '../statistics.ts'

/** Scans come at any moment of whatever else goes on. */
const PAUSE_MAX_MS = 50
const WARM_UP_SCANS = 30
/** Time for all devices to be polled, and for a start's own work to be over. */
const SETTLE_MS = 5_000
const DEVICES = 100
const REGISTERS = 100

interface Case {
  readonly load: string
  readonly central: CentralAddress
  /** Ports of devices that are polled meanwhile. */
  readonly ports: readonly number[]
  readonly atMostMs: number
}

export const ack: Benchmark = {
  name: 'ack',
  summary: 'from the last byte of a scan to the beep, idle, without central, and while devices are polled',
  run: async (bench) => {
    const devices = bench.quick ? 5 : DEVICES
    const codes = Array.from({ length: devices }, (_, index) => machineCode(index))
    await using central = await startCentral(bench, codes)
    await using modbus = await launch<ModbusDevices>('loads/modbus-devices.ts')
    const load = { devices, registers: REGISTERS, changesPerRead: 5, statusMs: 60_000 }
    const ports = await modbus.ask('start', load)
    const polled = `${devices} devices at 1 Hz`
    const cases: readonly Case[] = [
      { load: 'idle', central: central.address, ports: [], atMostMs: 10 },
      { load: 'central away', central: NO_CENTRAL, ports: [], atMostMs: 20 },
      { load: polled, central: central.address, ports, atMostMs: 20 },
      { load: `${polled}, central away`, central: NO_CENTRAL, ports, atMostMs: 20 },
    ]
    const figures: Figure[] = [...(await bareFigures(bench))]
    for (const one of cases) {
      bench.progress(`  ${one.load}`)
      await central.empty()
      figures.push(...(await gatewayFigures(bench, one)))
    }
    return figures
  },
}

async function gatewayFigures(bench: Bench, one: Case): Promise<readonly Figure[]> {
  await using scanner = await ScannerSocket.open()
  const site = await writeSite(join(bench.folder, one.load), one.central, [
    stationMap(scanner.port),
    ...one.ports.map((port, index) => modbusMap(index, port, REGISTERS, '1s')),
  ])
  await using gateway = await startGateway(bench, site)
  await scanner.taken(gateway.mustRun)
  await wait(bench.quick ? 0 : SETTLE_MS)
  return figuresOf(`ack, ${one.load}`, await waits(bench, scanner), one.atMostMs)
}

async function bareFigures(bench: Bench): Promise<readonly Figure[]> {
  await using scanner = await ScannerSocket.open()
  await using bare = await launch<BeepAfterCommit>('bare/beep-after-commit.ts')
  await bare.ask('start', { port: scanner.port, file: join(bench.folder, 'bare.db'), beep: 'G' })
  await scanner.taken(() => undefined)
  return figuresOf('ack, bare socket and SQLite', await waits(bench, scanner))
}

async function waits(bench: Bench, scanner: ScannerSocket): Promise<readonly number[]> {
  const scans = bench.quick ? 30 : 1_000
  const waited: number[] = []
  for (let scan = -WARM_UP_SCANS; scan < scans; scan += 1) {
    await wait(Math.random() * PAUSE_MAX_MS)
    const ms = await scanner.scan(`BOX-${scan + WARM_UP_SCANS}`)
    if (scan >= 0) waited.push(ms)
  }
  return waited
}

function figuresOf(load: string, waited: readonly number[], atMostMs?: number): readonly Figure[] {
  const aim = atMostMs === undefined ? {} : { aim: { atMost: atMostMs } }
  return [
    { load, measure: 'scan to beep, p50', value: quantile(waited, 0.5), unit: 'ms' },
    { load, measure: 'scan to beep, p99', value: quantile(waited, 0.99), unit: 'ms', ...aim },
    { load, measure: 'scan to beep, longest', value: Math.max(...waited), unit: 'ms' },
  ]
}
