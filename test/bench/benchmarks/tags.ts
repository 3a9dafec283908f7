/** What one value costs in a small plant and in a large one: nothing that the gateway does for each may grow with how many there are. */
import { join } from 'node:path'
import { type Bench, type Benchmark, type Figure, sizeFor } from '../benchmark.ts'
import { type BenchCentral, startCentral } from '../central.ts'
import { launch } from '../child.ts'
import { perValueUs } from '../cost.ts'
import { startGateway } from '../gateway-process.ts'
import type { ModbusDevices } from '../loads/modbus-devices.ts'
import { machineCode, modbusMap, writeSite } from '../site.ts'
import { median } from '../statistics.ts'
import { windowOf } from './modbus.ts'

const REGISTERS = 100
const PERIOD_MS = 1_000
const STATUS_MS = 60_000

interface Size {
  /** Devices of 100 values each, the smallest plant first. */
  readonly devices: readonly number[]
  readonly warmUpMs: number
  readonly windowMs: number
  readonly rounds: number
}

const FULL: Size = { devices: [10, 50, 200, 500], warmUpMs: 10_000, windowMs: 20_000, rounds: 2 }
const QUICK: Size = { devices: [5, 20], warmUpMs: 1_000, windowMs: 3_000, rounds: 1 }

export const tags: Benchmark = {
  name: 'tags',
  summary: 'CPU a value from 1,000 to 50,000 values at 1 Hz, all changing',
  run: async (bench) => {
    const size = sizeFor(bench, { full: FULL, quick: QUICK })
    const codes = Array.from({ length: Math.max(...size.devices) }, (_, index) => machineCode(index))
    await using central = await startCentral(bench, codes)
    const rounds: number[][] = []
    for (let round = 1; round <= size.rounds; round += 1) {
      const costs: number[] = []
      for (const devices of size.devices) {
        bench.progress(`  ${devices * REGISTERS} values, round ${round} of ${size.rounds}`)
        costs.push(await costOfValue(bench, size, central, { devices, round }))
      }
      rounds.push(costs)
    }
    return figuresOf(size, rounds)
  },
}

/** In µs of processor time. */
async function costOfValue(
  bench: Bench,
  size: Size,
  central: BenchCentral,
  { devices, round }: { readonly devices: number; readonly round: number },
): Promise<number> {
  await using load = await launch<ModbusDevices>('loads/modbus-devices.ts')
  const changesPerRead = REGISTERS - 1
  const plant = { devices, registers: REGISTERS, changesPerRead, statusMs: STATUS_MS }
  const ports = await load.ask('start', plant)
  const maps = ports.map((port, index) => modbusMap(index, port, REGISTERS, `${PERIOD_MS}ms`))
  const site = await writeSite(join(bench.folder, `${devices}-${round}`), central.address, maps)
  await central.empty()
  await using gateway = await startGateway(bench, site)
  return perValueUs(await windowOf(gateway, size, { periodMs: PERIOD_MS }, load))
}

function figuresOf({ devices }: Size, rounds: readonly (readonly number[])[]): readonly Figure[] {
  const each = devices.map((count, nth): Figure => {
    const value = median(rounds.map((costs) => costs[nth] ?? Number.NaN))
    return { load: loadText(count), measure: 'CPU a value', value, unit: 'µs' }
  })
  // What every gateway costs however little it reads makes a value of the smallest plant dear: that would hide any growth.
  const growth = median(rounds.map((costs) => (costs.at(-1) ?? Number.NaN) / Math.min(...costs)))
  const most: Figure = {
    load: loadText(devices.at(-1) ?? 0),
    measure: 'CPU a value, the largest plant / the cheapest',
    value: growth,
    unit: 'x',
    aim: { atMost: 1.2 },
  }
  return [...each, most]
}

function loadText(devices: number): string {
  return `${(devices * REGISTERS).toLocaleString('en-US')} values at 1 Hz`
}
