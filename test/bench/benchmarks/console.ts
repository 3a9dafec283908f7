/** 200 machines at 1 Hz: what people who look at the pages cost the gateway. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findPresence } from '../../../src/console/presence.ts'
import type { Bench, Benchmark, Figure } from '../benchmark.ts'
import { startCentral } from '../central.ts'
import { type Child, launch } from '../child.ts'
import { type Cost, costOver } from '../cost.ts'
import { startGateway } from '../gateway-process.ts'
import type { ModbusDevices } from '../loads/modbus-devices.ts'
import type { Viewers } from '../loads/viewers.ts'
import { machineCode, modbusMap, type Site, writeSite } from '../site.ts'
import { median } from '../statistics.ts'
import { until } from '../until.ts'

const REGISTERS = 10
const STATUS_MS = 60_000
const DAY_MS = 86_400_000

interface Size {
  readonly machines: number
  readonly viewers: number
  readonly warmUpMs: number
  readonly windowMs: number
  readonly rounds: number
}

const FULL: Size = { machines: 200, viewers: 5, warmUpMs: 15_000, windowMs: 20_000, rounds: 2 }
const QUICK: Size = { machines: 20, viewers: 5, warmUpMs: 2_000, windowMs: 4_000, rounds: 1 }
/** A page that is left open asks for its timelines and sums so often. */
const ASK_EVERY_MS = 30_000

interface Round {
  readonly without: Cost
  readonly watched: Cost
  readonly events: number
}

export const pages: Benchmark = {
  name: 'console',
  summary: '200 machines at 1 Hz with five people who look at the pages, and without',
  run: async (bench) => {
    const size = bench.quick ? QUICK : FULL
    const codes = Array.from({ length: size.machines }, (_, index) => machineCode(index))
    await using central = await startCentral(bench, codes)
    await using load = await launch<ModbusDevices>('loads/modbus-devices.ts')
    const devices = { devices: size.machines, registers: REGISTERS, changesPerRead: 2, statusMs: STATUS_MS }
    const ports = await load.ask('start', devices)
    const maps = ports.map((port, index) => modbusMap(index, port, REGISTERS, '1s'))
    const site = await writeSite(join(bench.folder, 'watched'), central.address, maps)
    await using gateway = await startGateway(bench, site)
    await until('a row of every machine', { maxMs: 60_000, everyMs: 500 }, async () => {
      gateway.mustRun()
      return (await central.countMachines()) >= size.machines || undefined
    })
    await wait(size.warmUpMs)
    await using viewers = await launch<Viewers>('loads/viewers.ts')
    return figuresOf(size, await roundsOf(bench, { size, site, pid: gateway.pid, viewers }))
  },
}

interface Watching {
  readonly size: Size
  readonly site: Site
  readonly pid: number
  readonly viewers: Child<Viewers>
}

async function roundsOf(bench: Bench, watching: Watching): Promise<readonly Round[]> {
  const { size, pid, viewers } = watching
  const rounds: Round[] = []
  for (let round = 1; round <= size.rounds; round += 1) {
    bench.progress(`  ${size.viewers} viewers, round ${round} of ${size.rounds}`)
    const without = await costOver(pid, size.windowMs)
    await viewers.ask('begin', viewingOf(watching))
    // What a page costs when it is opened is spread over the time for which it is looked at.
    const watched = await costOver(pid, size.windowMs)
    const { events, faults } = await viewers.ask('seen', undefined)
    if (faults.length > 0) throw new Error(`the pages could not be looked at: ${faults[0]}`)
    await viewers.ask('end', undefined)
    rounds.push({ without, watched, events })
  }
  return rounds
}

/** The page asks for the timelines of so many machines at a time, those that are on the screen. */
const TIMELINES_AT_ONCE = 24

/** All look at the line, and at a machine besides. */
function viewingOf({ size, site }: Watching) {
  const presence = findPresence(site.dataFolder)
  if (!presence || presence === 'hidden') throw new Error('the gateway does not say where its pages are')
  const nowMs = Date.now()
  const [from, to] = [nowMs - DAY_MS, nowMs].map((ms) => new Date(ms).toISOString())
  const shown = Array.from({ length: Math.min(size.machines, TIMELINES_AT_ONCE) }, (_, index) =>
    machineCode(index),
  )
  return {
    url: `http://${presence.host}:${presence.port}`,
    viewers: size.viewers,
    streams: ['/line/events', `/machines/${machineCode(0)}/events`],
    questions: [
      `/line/timelines?from=${from}&to=${to}&machines=${shown.join()}`,
      `/line/sums?from=${from}&to=${to}`,
    ],
    askEveryMs: ASK_EVERY_MS,
  }
}

function figuresOf({ machines, viewers }: Size, rounds: readonly Round[]): readonly Figure[] {
  const load = `${machines} machines at 1 Hz`
  const of = (figure: (round: Round) => number) => median(rounds.map(figure))
  const cost = of(({ watched, without }) => watched.cpuPercent - without.cpuPercent)
  return [
    { load, measure: `CPU of ${viewers} viewers`, value: cost, unit: '% of a core', aim: { atMost: 5 } },
    {
      load,
      measure: 'CPU without viewers',
      value: of(({ without }) => without.cpuPercent),
      unit: '% of a core',
    },
    { load, measure: 'memory (PSS), watched', value: of(({ watched }) => watched.memory.pssMb), unit: 'MB' },
    { load, measure: 'events to all viewers', value: of(({ events }) => events), unit: '' },
  ]
}
