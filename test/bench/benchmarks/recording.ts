/** What recording costs beside polling: the same gateway on the same 200 Modbus devices, with the recording and without. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { RECORDING_FILE } from '../../../src/recording/file/schema.ts'
import { type Bench, type Benchmark, type Figure, sizeFor } from '../benchmark.ts'
import { type Child, launch } from '../child.ts'
import { type Cost, costOver } from '../cost.ts'
import { startGateway } from '../gateway-process.ts'
import type { ModbusDevices } from '../loads/modbus-devices.ts'
import { modbusMap, NO_CENTRAL, writeSite } from '../site.ts'
import { median } from '../statistics.ts'
import { until } from '../until.ts'

const REGISTERS = 100
/** A machine that changes its status once a minute is a lively one. */
const STATUS_MS = 60_000
/** Recording costs less than this share of polling. */
const SHARE_MAX = 10

interface Case {
  readonly periodMs: number
  readonly changesPerRead: number
  readonly label: string
}

const CASES: readonly Case[] = [
  { periodMs: 1_000, changesPerRead: 5, label: '1 Hz, 5 % change' },
  { periodMs: 100, changesPerRead: 5, label: '10 Hz, 5 % change' },
]

interface Size {
  readonly devices: number
  readonly warmUpMs: number
  readonly windowMs: number
  readonly rounds: number
  readonly cases: readonly Case[]
}

const FULL: Size = { devices: 200, warmUpMs: 10_000, windowMs: 20_000, rounds: 2, cases: CASES }
const QUICK: Size = { devices: 20, warmUpMs: 1_000, windowMs: 3_000, rounds: 1, cases: CASES.slice(0, 1) }

/** A gateway over one window, and how fast its recording grew. */
interface Window extends Cost {
  readonly recordedBytes: number
}

export const recording: Benchmark = {
  name: 'recording',
  summary: '200 Modbus devices at 1 and 10 Hz, recorded and not',
  run: async (bench) => {
    const size = sizeFor(bench, { full: FULL, quick: QUICK })
    const figures: Figure[] = []
    for (const one of size.cases) figures.push(...(await runCase(bench, size, one)))
    return figures
  },
}

async function runCase(bench: Bench, size: Size, one: Case): Promise<readonly Figure[]> {
  await using load = await launch<ModbusDevices>('loads/modbus-devices.ts')
  const { devices } = size
  const { changesPerRead } = one
  const ports = await load.ask('start', {
    devices,
    registers: REGISTERS,
    changesPerRead,
    statusMs: STATUS_MS,
  })
  const rounds: { readonly recorded: Window; readonly plain: Window }[] = []
  for (let round = 1; round <= size.rounds; round += 1) {
    bench.progress(`  ${one.label}, round ${round} of ${size.rounds}`)
    const run = { bench, size, one, load, ports, round }
    rounds.push({ recorded: await windowOf(run, true), plain: await windowOf(run, false) })
  }
  return figuresOf(`Modbus ${devices} x ${REGISTERS}, ${one.label}`, size, rounds)
}

async function windowOf(
  run: {
    readonly bench: Bench
    readonly size: Size
    readonly one: Case
    readonly load: Child<ModbusDevices>
    readonly ports: readonly number[]
    readonly round: number
  },
  isRecorded: boolean,
): Promise<Window> {
  const { bench, size, one, load, ports, round } = run
  const maps = ports.map((port, index) => modbusMap(index, port, REGISTERS, `${one.periodMs}ms`))
  const folder = join(bench.folder, `recording-${one.periodMs}-${round}-${isRecorded}`)
  const site = await writeSite(folder, NO_CENTRAL, maps, isRecorded ? {} : { recording: false })
  await using gateway = await startGateway(bench, site)
  await load.ask('beginCount', undefined)
  await until('every device being polled', { maxMs: 60_000, everyMs: 200 }, async () => {
    gateway.mustRun()
    const counts = await load.ask('counts', undefined)
    return counts.every(({ requests }) => requests > 0) || undefined
  })
  await wait(size.warmUpMs)
  const before = bytesIn(site.dataFolder)
  const cost = await costOver(gateway.pid, size.windowMs)
  return { ...cost, recordedBytes: bytesIn(site.dataFolder) - before }
}

function bytesIn(dataFolder: string): number {
  const file = join(dataFolder, RECORDING_FILE)
  return [file, `${file}-wal`].reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0)
}

function figuresOf(
  load: string,
  { windowMs, devices }: Size,
  rounds: readonly { readonly recorded: Window; readonly plain: Window }[],
): readonly Figure[] {
  const of = (figure: (round: (typeof rounds)[number]) => number) => median(rounds.map(figure))
  const dayBytes = (bytes: number) => (bytes / windowMs) * 86_400_000
  return [
    {
      load,
      measure: 'recording, of the CPU of polling',
      value: of(({ recorded, plain }) => (recorded.cpuSeconds / plain.cpuSeconds - 1) * 100),
      unit: '%',
      aim: { atMost: SHARE_MAX },
    },
    { load, measure: 'CPU, recorded', value: of(({ recorded }) => recorded.cpuPercent), unit: '% of a core' },
    { load, measure: 'CPU, not recorded', value: of(({ plain }) => plain.cpuPercent), unit: '% of a core' },
    {
      load,
      measure: 'memory (PSS) of recording',
      value: of(({ recorded, plain }) => recorded.memory.pssMb - plain.memory.pssMb),
      unit: 'MB',
    },
    {
      load,
      measure: 'file, before hours are put together',
      value: dayBytes(of(({ recorded }) => recorded.recordedBytes)) / devices / 1e6,
      unit: 'MB a machine and day',
    },
  ]
}
