/** 200 Modbus devices with 100 registers each: what the gateway costs beside a loop that only reads. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ModbusPoll } from '../bare/modbus-poll.ts'
import { type Bench, type Benchmark, type Figure, sizeFor } from '../benchmark.ts'
import { type BenchCentral, startCentral } from '../central.ts'
import { type Child, launch } from '../child.ts'
import { costFigures, costOver, type Work } from '../cost.ts'
import { type GatewayProcess, startGateway } from '../gateway-process.ts'
import type { DeviceCount, ModbusDevices } from '../loads/modbus-devices.ts'
import { machineCode, modbusMap, writeSite } from '../site.ts'
import { median } from '../statistics.ts'
import { until } from '../until.ts'

const REGISTERS = 100
/** A machine that changes its status once a minute is a lively one; every ten seconds, on 200 machines, is a hard case. */
const LIVELY_MS = 60_000
const HARD_MS = 10_000

interface Case {
  readonly periodMs: number
  readonly changesPerRead: number
  /** How long each machine keeps a status. */
  readonly statusMs: number
  readonly label: string
}

const CASES: readonly Case[] = [
  { periodMs: 1_000, changesPerRead: 5, statusMs: LIVELY_MS, label: '1 Hz, 5 % change' },
  { periodMs: 1_000, changesPerRead: 99, statusMs: LIVELY_MS, label: '1 Hz, all change' },
  { periodMs: 100, changesPerRead: 5, statusMs: LIVELY_MS, label: '10 Hz, 5 % change' },
  { periodMs: 100, changesPerRead: 99, statusMs: LIVELY_MS, label: '10 Hz, all change' },
  { periodMs: 1_000, changesPerRead: 5, statusMs: HARD_MS, label: '1 Hz, 5 % change, 20 statuses a second' },
  { periodMs: 1_000, changesPerRead: 99, statusMs: HARD_MS, label: '1 Hz, all change, 20 statuses a second' },
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

interface Window extends Work {
  readonly missed: number
  readonly longestGapMs: number
}

interface Round {
  readonly gateway: Window
  readonly bare: Window
  /** That landed in central from the gateway's start to its end: proves that it did more than poll. */
  readonly rows: number
}

export const modbus: Benchmark = {
  name: 'modbus',
  summary: '200 Modbus devices x 100 registers at 1 and 10 Hz, against a bare modbus-serial loop',
  run: async (bench) => {
    const size = sizeFor(bench, { full: FULL, quick: QUICK })
    const codes = Array.from({ length: size.devices }, (_, index) => machineCode(index))
    await using central = await startCentral(bench, codes)
    const figures: Figure[] = []
    for (const one of size.cases) figures.push(...(await runCase(bench, size, one, central)))
    return figures
  },
}

async function runCase(
  bench: Bench,
  size: Size,
  one: Case,
  central: BenchCentral,
): Promise<readonly Figure[]> {
  await using load = await launch<ModbusDevices>('loads/modbus-devices.ts')
  const { devices } = size
  const { changesPerRead, statusMs } = one
  const ports = await load.ask('start', {
    devices,
    registers: REGISTERS,
    changesPerRead,
    statusMs,
  })
  const rounds: Round[] = []
  for (let round = 1; round <= size.rounds; round += 1) {
    bench.progress(`  ${one.label}, round ${round} of ${size.rounds}`)
    const gateway = await gatewayWindow({ bench, size, one, central, load, ports, round })
    const rows = await central.countRows()
    rounds.push({ gateway, bare: await bareWindow(size, one, load, ports), rows })
  }
  return figuresOf(`Modbus ${devices} x ${REGISTERS}, ${one.label}`, one, rounds)
}

async function gatewayWindow(run: {
  readonly bench: Bench
  readonly size: Size
  readonly one: Case
  readonly central: BenchCentral
  readonly load: Child<ModbusDevices>
  readonly ports: readonly number[]
  readonly round: number
}): Promise<Window> {
  const { bench, size, one, central, load, ports } = run
  const maps = ports.map((port, index) => modbusMap(index, port, REGISTERS, `${one.periodMs}ms`))
  const site = await writeSite(
    join(bench.folder, `${one.periodMs}-${one.changesPerRead}-${one.statusMs}-${run.round}`),
    central.address,
    maps,
  )
  await central.empty()
  await using gateway = await startGateway(bench, site)
  return await windowOf(gateway, size, one, load)
}

async function bareWindow(
  size: Size,
  one: Case,
  load: Child<ModbusDevices>,
  ports: readonly number[],
): Promise<Window> {
  await using bare = await launch<ModbusPoll>('bare/modbus-poll.ts')
  await bare.ask('start', { ports, registers: REGISTERS, periodMs: one.periodMs })
  return await windowOf(bare, size, one, load)
}

/** What a reader costs once every device is polled; `values` are those that the devices were really asked for. */
export async function windowOf(
  reader: { readonly pid: number } & Partial<Pick<GatewayProcess, 'mustRun'>>,
  size: Pick<Size, 'warmUpMs' | 'windowMs'>,
  one: Pick<Case, 'periodMs'>,
  load: Child<ModbusDevices>,
): Promise<Window> {
  await load.ask('beginCount', undefined)
  await until('every device being polled', { maxMs: 30_000, everyMs: 200 }, async () => {
    reader.mustRun?.()
    const counts = await load.ask('counts', undefined)
    return counts.every(({ requests }) => requests > 0) || undefined
  })
  await wait(size.warmUpMs)
  await load.ask('beginCount', undefined)
  const cost = await costOver(reader.pid, size.windowMs)
  const counts = await load.ask('counts', undefined)
  const requests = counts.reduce((sum, count) => sum + count.requests, 0)
  return {
    ...cost,
    values: requests * REGISTERS,
    missed: counts.reduce((sum, count) => sum + missedPolls(count, one.periodMs), 0),
    longestGapMs: Math.max(...counts.map(({ longestGapMs }) => longestGapMs)),
  }
}

/** Between the first and the last request there is room for so many; a late poll that was caught up is not missed. */
function missedPolls({ requests, firstMs, lastMs }: DeviceCount, periodMs: number): number {
  return Math.max(0, Math.round((lastMs - firstMs) / periodMs) + 1 - requests)
}

function figuresOf(load: string, one: Case, rounds: readonly Round[]): readonly Figure[] {
  const aims = { cpuRatio: 1.5, pssMb: one.periodMs === 1_000 ? 150 : 180 }
  const sides = (['gateway', 'bare'] as const).flatMap((side): Figure[] => [
    {
      load,
      measure: `missed polls, ${side}`,
      value: rounds.reduce((sum, round) => sum + round[side].missed, 0),
      unit: '',
      ...(side === 'gateway' ? { aim: { atMost: 0 } } : {}),
    },
    {
      load,
      measure: `longest gap, ${side}`,
      value: median(rounds.map((round) => round[side].longestGapMs)),
      unit: 'ms',
    },
  ])
  return [
    ...costFigures(load, rounds, aims),
    ...sides,
    { load, measure: 'rows landed in central', value: median(rounds.map(({ rows }) => rows)), unit: '' },
  ]
}
