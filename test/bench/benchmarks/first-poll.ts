/** How long a machine goes unseen when the gateway starts: from the process being asked for to the first request. */
import { join } from 'node:path'
import type { ModbusPoll } from '../bare/modbus-poll.ts'
import type { Bench, Benchmark } from '../benchmark.ts'
import { type Child, launch } from '../child.ts'
import { startGateway } from '../gateway-process.ts'
import type { ModbusDevices } from '../loads/modbus-devices.ts'
import { monotonicMs } from '../process-meter.ts'
import { modbusMap, NO_CENTRAL, writeSite } from '../site.ts'
import { median } from '../statistics.ts'
import { until } from '../until.ts'

const REGISTERS = 100

export const firstPoll: Benchmark = {
  name: 'first-poll',
  summary: 'from starting the process to the first request at a device',
  run: async (bench) => {
    const [devices, rounds] = bench.quick ? [10, 2] : [200, 5]
    await using load = await launch<ModbusDevices>('loads/modbus-devices.ts')
    const ports = await load.ask('start', { devices, registers: REGISTERS, changesPerRead: 5, statusMs: 0 })
    const gateway: Polled[] = []
    const bare: Polled[] = []
    for (let round = 0; round < rounds; round += 1) {
      gateway.push(await gatewayStart(bench, load, ports, round))
      bare.push(await bareStart(load, ports))
    }
    const figure = (measure: string, values: readonly number[]) => ({
      load: `start, ${devices} Modbus devices at 1 Hz`,
      measure,
      value: median(values),
      unit: 'ms',
    })
    return [
      {
        ...figure(
          'first poll, gateway',
          gateway.map(({ firstMs }) => firstMs),
        ),
        aim: { atMost: 1_000 },
      },
      figure(
        'first poll, bare',
        bare.map(({ firstMs }) => firstMs),
      ),
      figure(
        'every device polled, gateway',
        gateway.map(({ allMs }) => allMs),
      ),
      figure(
        'every device polled, bare',
        bare.map(({ allMs }) => allMs),
      ),
    ]
  },
}

/** Since the process was asked for. */
interface Polled {
  readonly firstMs: number
  readonly allMs: number
}

async function gatewayStart(
  bench: Bench,
  load: Child<ModbusDevices>,
  ports: readonly number[],
  round: number,
): Promise<Polled> {
  const maps = ports.map((port, index) => modbusMap(index, port, REGISTERS, '1s'))
  const site = await writeSite(join(bench.folder, String(round)), NO_CENTRAL, maps)
  await load.ask('beginCount', undefined)
  await using gateway = await startGateway(bench, site)
  return await polled(load, gateway.spawnedMs, gateway.mustRun)
}

async function bareStart(load: Child<ModbusDevices>, ports: readonly number[]): Promise<Polled> {
  await load.ask('beginCount', undefined)
  const spawnedMs = monotonicMs()
  await using bare = await launch<ModbusPoll>('bare/modbus-poll.ts')
  await bare.ask('start', { ports, registers: REGISTERS, periodMs: 1_000 })
  return await polled(load, spawnedMs, () => undefined)
}

async function polled(load: Child<ModbusDevices>, spawnedMs: number, mustRun: () => void): Promise<Polled> {
  return await until('every device being polled', { maxMs: 60_000, everyMs: 100 }, async () => {
    mustRun()
    const counts = await load.ask('counts', undefined)
    if (counts.some(({ requests }) => requests === 0)) return undefined
    const first = counts.map(({ firstMs }) => firstMs - spawnedMs)
    return { firstMs: Math.min(...first), allMs: Math.max(...first) }
  })
}
