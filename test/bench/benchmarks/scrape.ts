/** 200 machines at 1 Hz: what a scrape of the metrics takes, beside the report of `status` and an answer that says nothing. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findPresence } from '../../../src/console/presence.ts'
import type { Bench, Benchmark, Figure } from '../benchmark.ts'
import { launch } from '../child.ts'
import { costOver } from '../cost.ts'
import { startGateway } from '../gateway-process.ts'
import type { ModbusDevices } from '../loads/modbus-devices.ts'
import { modbusMap, NO_CENTRAL, type Site, writeSite } from '../site.ts'
import { median, quantile } from '../statistics.ts'
import { until } from '../until.ts'

const REGISTERS = 10
const STATUS_MS = 60_000
const PATHS = { metrics: '/metrics', status: '/status', nothing: '/health/live' } as const
type Path = keyof typeof PATHS

interface Size {
  readonly machines: number
  readonly warmUpMs: number
  readonly asked: number
  readonly windowMs: number
}

const FULL: Size = { machines: 200, warmUpMs: 15_000, asked: 100, windowMs: 15_000 }
const QUICK: Size = { machines: 20, warmUpMs: 2_000, asked: 10, windowMs: 3_000 }
/** Prometheus is mostly told to scrape every 15 s; here so often that what it costs shows. */
const SCRAPE_EVERY_MS = 200

export const scrape: Benchmark = {
  name: 'scrape',
  summary: '200 machines at 1 Hz whose metrics are scraped, beside /status and an empty answer',
  run: async (bench) => {
    const size = bench.quick ? QUICK : FULL
    await using load = await launch<ModbusDevices>('loads/modbus-devices.ts')
    const devices = { devices: size.machines, registers: REGISTERS, changesPerRead: 2, statusMs: STATUS_MS }
    const ports = await load.ask('start', devices)
    const maps = ports.map((port, index) => modbusMap(index, port, REGISTERS, '1s'))
    const site = await writeSite(join(bench.folder, 'scraped'), NO_CENTRAL, maps)
    await using gateway = await startGateway(bench, site)
    await until('every device is read', { maxMs: 60_000, everyMs: 500 }, async () => {
      gateway.mustRun()
      const text = await textOf(site, 'metrics').catch(() => '')
      return (text.match(/^millrace_device_up\{.*\} 1$/gm) ?? []).length >= size.machines || undefined
    })
    await wait(size.warmUpMs)
    return await figuresOf(bench, size, { site, pid: gateway.pid })
  },
}

async function figuresOf(
  bench: Bench,
  size: Size,
  { site, pid }: { readonly site: Site; readonly pid: number },
): Promise<readonly Figure[]> {
  const load = `${size.machines} machines at 1 Hz`
  bench.progress('  asked in turns')
  const times = await timesInTurns(size, site)
  const text = await textOf(site, 'metrics')
  bench.progress('  cost of a scrape')
  const without = await costOver(pid, size.windowMs)
  const [scraped, scrapes] = await Promise.all([costOver(pid, size.windowMs), scrapeFor(size.windowMs, site)])
  const costMs = ((scraped.cpuSeconds - without.cpuSeconds) * 1_000) / scrapes
  const of = (path: Path) => median(times[path])
  return [
    { load, measure: 'scrape, median', value: of('metrics'), unit: 'ms', aim: { atMost: 20 } },
    { load, measure: 'scrape, p99', value: quantile(times.metrics, 0.99), unit: 'ms' },
    { load, measure: 'scrape / status', value: of('metrics') / of('status'), unit: '×', aim: { atMost: 2 } },
    { load, measure: 'an empty answer, median', value: of('nothing'), unit: 'ms' },
    { load, measure: 'CPU of a scrape', value: costMs, unit: 'ms', aim: { atMost: 20 } },
    {
      load,
      measure: 'samples',
      value: text.split('\n').filter((line) => /^[a-z]/.test(line)).length,
      unit: '',
    },
  ]
}

async function timesInTurns({ asked }: Size, site: Site): Promise<Readonly<Record<Path, readonly number[]>>> {
  const times: Record<Path, number[]> = { metrics: [], status: [], nothing: [] }
  for (let turn = 0; turn < asked; turn += 1) {
    for (const path of ['metrics', 'status', 'nothing'] as const) {
      const beganMs = performance.now()
      await textOf(site, path)
      times[path].push(performance.now() - beganMs)
    }
    await wait(20)
  }
  return times
}

/** @returns how many there were */
async function scrapeFor(ms: number, site: Site): Promise<number> {
  const untilMs = performance.now() + ms
  let scrapes = 0
  while (performance.now() < untilMs) {
    await textOf(site, 'metrics')
    scrapes += 1
    await wait(Math.min(SCRAPE_EVERY_MS, Math.max(0, untilMs - performance.now())))
  }
  return scrapes
}

async function textOf(site: Site, path: Path): Promise<string> {
  const presence = findPresence(site.dataFolder)
  if (!presence || presence === 'hidden') throw new Error('the gateway does not say where its pages are')
  const { host, port } = presence
  // A connection each time: one that was kept may be closed by the gateway at the very moment of a question.
  const asked = request({ host, port, path: PATHS[path], agent: false }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return (await answer.toArray()).join('')
}
