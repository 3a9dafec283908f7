/** Thousands of MQTT messages a second into a thousand signals: what the gateway costs beside a client that only subscribes. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startBroker } from '../../support/broker.ts'
import type { MqttSubscribe } from '../bare/mqtt-subscribe.ts'
import { type Bench, type Benchmark, type Figure, sizeFor } from '../benchmark.ts'
import { type BenchCentral, startCentral } from '../central.ts'
import { type Child, launch } from '../child.ts'
import { costFigures, costOver, type Work } from '../cost.ts'
import { startGateway } from '../gateway-process.ts'
import type { MqttMachines } from '../loads/mqtt-machines.ts'
import { ALL_SIGNALS } from '../loads/plant.ts'
import { machineCode, mqttMap, writeSite } from '../site.ts'
import { until } from '../until.ts'

interface Size {
  readonly machines: number
  /** Of each machine. */
  readonly signals: number
  readonly messagesPerSecond: number
  readonly warmUpMs: number
  readonly windowMs: number
  readonly rounds: number
}

const FULL: Size = {
  machines: 100,
  signals: 10,
  messagesPerSecond: 10_000,
  warmUpMs: 10_000,
  windowMs: 20_000,
  rounds: 3,
}
const QUICK: Size = {
  machines: 10,
  signals: 10,
  messagesPerSecond: 1_000,
  warmUpMs: 2_000,
  windowMs: 3_000,
  rounds: 1,
}
const STATUS_MS = 60_000

export const mqtt: Benchmark = {
  name: 'mqtt',
  summary: '10,000 MQTT messages a second into 1,000 signals, against a bare mqtt subscription',
  run: async (bench) => {
    const size = sizeFor(bench, { full: FULL, quick: QUICK })
    const codes = Array.from({ length: size.machines }, (_, index) => machineCode(index))
    await using central = await startCentral(bench, codes)
    await using broker = await startBroker()
    await using load = await launch<MqttMachines>('loads/mqtt-machines.ts')
    await load.ask('start', { url: broker.url, ...size, statusMs: STATUS_MS })
    const rounds: { gateway: Work; bare: Work }[] = []
    for (let round = 1; round <= size.rounds; round += 1) {
      bench.progress(`  ${size.messagesPerSecond} messages/s, round ${round} of ${size.rounds}`)
      const gateway = await gatewayWindow(bench, { size, central, load, url: broker.url, round })
      rounds.push({ gateway, bare: await bareWindow(size, broker.url) })
    }
    return figuresOf(size, rounds)
  },
}

function figuresOf(size: Size, rounds: readonly { gateway: Work; bare: Work }[]): readonly Figure[] {
  const signals = (size.machines * size.signals).toLocaleString('en-US')
  const load = `MQTT ${size.messagesPerSecond.toLocaleString('en-US')} messages/s, ${signals} signals`
  return costFigures(load, rounds, { cpuRatio: 2 })
}

async function gatewayWindow(
  bench: Bench,
  run: {
    readonly size: Size
    readonly central: BenchCentral
    readonly load: Child<MqttMachines>
    readonly url: string
    readonly round: number
  },
): Promise<Work> {
  const { size, central, load, url } = run
  const maps = Array.from({ length: size.machines }, (_, index) => mqttMap(index, url, size.signals))
  const site = await writeSite(join(bench.folder, `round-${run.round}`), central.address, maps)
  await central.empty()
  await using gateway = await startGateway(bench, site)
  await until('a row of every machine', { maxMs: 60_000, everyMs: 500 }, async () => {
    gateway.mustRun()
    return (await central.countMachines()) >= size.machines || undefined
  })
  await wait(size.warmUpMs)
  const before = await load.ask('published', undefined)
  const cost = await costOver(gateway.pid, size.windowMs)
  gateway.mustRun()
  return { ...cost, values: (await load.ask('published', undefined)) - before }
}

async function bareWindow(size: Size, url: string): Promise<Work> {
  await using bare = await launch<MqttSubscribe>('bare/mqtt-subscribe.ts')
  await bare.ask('start', { url, filter: ALL_SIGNALS })
  await wait(size.warmUpMs)
  const before = await bare.ask('messages', undefined)
  const cost = await costOver(bare.pid, size.windowMs)
  return { ...cost, values: (await bare.ask('messages', undefined)) - before }
}
