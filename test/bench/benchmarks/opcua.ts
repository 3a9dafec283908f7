/** Thousands of OPC UA nodes, all changing every second: what the gateway costs beside a client that only subscribes. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { OpcuaSubscribe } from '../bare/opcua-subscribe.ts'
import { type Bench, type Benchmark, type Figure, sizeFor } from '../benchmark.ts'
import { type BenchCentral, startCentral } from '../central.ts'
import { launch } from '../child.ts'
import { costFigures, costOver, type Work } from '../cost.ts'
import { startGateway } from '../gateway-process.ts'
import type { OpcuaMachines } from '../loads/opcua-machines.ts'
import { nodeId } from '../loads/plant.ts'
import { machineCode, opcuaMap, writeSite } from '../site.ts'
import { until } from '../until.ts'

const NODES = 100
const CHANGE_MS = 1_000
const STATUS_MS = 10_000

interface Size {
  /** Machines of 100 nodes each. */
  readonly machines: readonly number[]
  readonly warmUpMs: number
  readonly windowMs: number
  readonly rounds: number
}

const FULL: Size = { machines: [10, 50], warmUpMs: 10_000, windowMs: 20_000, rounds: 2 }
const QUICK: Size = { machines: [2], warmUpMs: 2_000, windowMs: 3_000, rounds: 1 }

export const opcua: Benchmark = {
  name: 'opcua',
  summary: '1,000 and 5,000 OPC UA nodes at 1 Hz, against a bare node-opcua-client subscription',
  run: async (bench) => {
    const size = sizeFor(bench, { full: FULL, quick: QUICK })
    const codes = Array.from({ length: Math.max(...size.machines) }, (_, index) => machineCode(index))
    await using central = await startCentral(bench, codes)
    const figures: Figure[] = []
    for (const machines of size.machines) figures.push(...(await runCase(bench, size, machines, central)))
    return figures
  },
}

async function runCase(
  bench: Bench,
  size: Size,
  machines: number,
  central: BenchCentral,
): Promise<readonly Figure[]> {
  const folder = join(bench.folder, String(machines))
  await using load = await launch<OpcuaMachines>('loads/opcua-machines.ts')
  const url = await load.ask('start', {
    machines,
    nodes: NODES,
    changeMs: CHANGE_MS,
    statusMs: STATUS_MS,
    folder,
  })
  const rounds: { gateway: Work; bare: Work }[] = []
  for (let round = 1; round <= size.rounds; round += 1) {
    bench.progress(`  ${machines * NODES} nodes, round ${round} of ${size.rounds}`)
    const gateway = await gatewayWindow(bench, { size, machines, central, url, round })
    rounds.push({ gateway, bare: await bareWindow(size, machines, url, folder) })
  }
  return costFigures(`OPC UA ${machines * NODES} nodes, 1 Hz, all change`, rounds, {
    cpuRatio: 1.5,
    pssMb: 180,
  })
}

async function gatewayWindow(
  bench: Bench,
  run: {
    readonly size: Size
    readonly machines: number
    readonly central: BenchCentral
    readonly url: string
    readonly round: number
  },
): Promise<Work> {
  const { size, machines, central, url } = run
  const maps = Array.from({ length: machines }, (_, index) => opcuaMap(index, index, url, NODES, '1s'))
  const site = await writeSite(join(bench.folder, `${machines}-${run.round}`), central.address, maps)
  await central.empty()
  await using gateway = await startGateway(bench, site)
  await until('a row of every machine', { maxMs: 60_000, everyMs: 500 }, async () => {
    gateway.mustRun()
    return (await central.countMachines()) >= machines || undefined
  })
  await wait(size.warmUpMs)
  const cost = await costOver(gateway.pid, size.windowMs)
  return { ...cost, values: (machines * NODES * size.windowMs) / CHANGE_MS }
}

async function bareWindow(size: Size, machines: number, url: string, folder: string): Promise<Work> {
  await using bare = await launch<OpcuaSubscribe>('bare/opcua-subscribe.ts')
  const nodes = Array.from({ length: machines }, (_, machine) =>
    Array.from({ length: NODES }, (_, node) => nodeId(machine, node)),
  )
  await bare.ask('start', { url, machines: nodes, samplingMs: CHANGE_MS, publishingMs: CHANGE_MS, folder })
  await wait(size.warmUpMs)
  const before = await bare.ask('values', undefined)
  const cost = await costOver(bare.pid, size.windowMs)
  return { ...cost, values: (await bare.ask('values', undefined)) - before }
}
