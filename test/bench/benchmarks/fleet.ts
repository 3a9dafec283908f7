/** Many gateways into one PgBouncer and one PostgreSQL: what each costs, how late events are, and what a fault of what they share does. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Bench, Benchmark, Figure } from '../benchmark.ts'
import { type FleetCentral, startFleetCentral } from '../fleet/central.ts'
import { type Crew, launchCrew } from '../fleet/crew.ts'
import { planFleet } from '../fleet/plan.ts'
import { hasPooler, type Pooler, startPooler } from '../fleet/pooler.ts'
import { quantile } from '../statistics.ts'

export const fleet: Benchmark = {
  name: 'fleet',
  summary: '100, 300 and 1,000 gateways through one PgBouncer: connections, cost, lag, restarts, an outage',
  run: async (bench) => {
    if (!hasPooler()) {
      bench.progress('fleet: passed over, because there is no pgbouncer here')
      return []
    }
    const figures: Figure[] = []
    for (const load of bench.quick ? QUICK : WHOLE) figures.push(...(await measure(bench, load)))
    return figures
  },
}

interface Load {
  readonly plants: number
  readonly gatewaysEach: number
  readonly isEncrypted: boolean
  readonly windowMs: number
  /** Whether what the gateways share is restarted and taken away. */
  readonly outageMs?: number
}

const PLAIN = { gatewaysEach: 100, isEncrypted: false, windowMs: 30_000 }
const WHOLE: readonly Load[] = [
  { ...PLAIN, plants: 1 },
  { ...PLAIN, plants: 3 },
  { ...PLAIN, plants: 5, gatewaysEach: 200, outageMs: 30_000 },
  { ...PLAIN, plants: 5, gatewaysEach: 200, isEncrypted: true, outageMs: 30_000 },
]
const QUICK: readonly Load[] = [
  { plants: 2, gatewaysEach: 5, isEncrypted: true, windowMs: 3_000, outageMs: 2_000 },
]

/** A whole line of some ten presses makes about so many. */
const EVENTS_PER_PLANT_AND_SECOND = 50
const EVENTS_PER_CHANGE = 2
const WARM_UP_MS = 10_000
/** The least that the agreed time of a live event is: half of what its plant makes in a second and what lingers is under way anyway. */
const UNDER_WAY_S = 1
const LAG_AIM_MS = 5_000

interface Site {
  readonly central: FleetCentral
  readonly pooler: Pooler
  readonly crew: Crew
}

async function measure({ progress }: Bench, load: Load): Promise<readonly Figure[]> {
  const plants = planFleet(load.plants, load.gatewaysEach)
  await using central = await startFleetCentral(plants)
  await using pooler = await startPooler(central, load.isEncrypted)
  await using crew = await launchCrew(plants)
  const site = { central, pooler, crew }
  const name = `${load.plants * load.gatewaysEach} gateways, ${load.plants} plants${load.isEncrypted ? ', TLS' : ''}`
  const figure = (measured: string, value: number, unit: string, aim?: Figure['aim']): Figure => {
    progress(`  ${name}: ${measured} ${value.toPrecision(4)} ${unit}`)
    return { load: name, measure: measured, value, unit, ...(aim && { aim }) }
  }
  const { host, port, caFile } = pooler
  await crew.begin({ host, port, password: central.password, ...(caFile && { caFile }) })
  const figures = [figure('all connected after a common start', await crew.settled(0), 's')]
  const perSecond = load.plants * EVENTS_PER_PLANT_AND_SECOND
  await crew.change(perSecond / EVENTS_PER_CHANGE)
  await wait(Math.min(WARM_UP_MS, load.windowMs))
  figures.push(...(await live(site, load.windowMs, figure)))
  if (load.outageMs !== undefined)
    figures.push(...(await faults(site, { ...load, outageMs: load.outageMs }, figure)))
  await crew.change(0)
  await crew.settled(0)
  const { reports, good, viewMs } = await central.fleet()
  figures.push(figure('gateways that reported', reports, ''), figure('of these good', good, ''))
  figures.push(figure('the view of all gateways', viewMs, 'ms'))
  const { lost, twice, unknown } = await central.reckon(await crew.end())
  const none = { atMost: 0 }
  figures.push(figure('intervals lost', lost, '', none), figure('intervals twice', twice, '', none))
  figures.push(figure('rows that nobody made', unknown, '', none))
  return figures
}

type Tell = (measured: string, value: number, unit: string, aim?: Figure['aim']) => Figure

/** What the fleet costs and how late its events are while nothing is wrong. */
async function live(site: Site, windowMs: number, figure: Tell): Promise<readonly Figure[]> {
  const { central, pooler, crew } = site
  const meters = [() => central.cpuSeconds(), () => pooler.cpuSeconds(), () => crew.cpuSeconds()]
  await crew.standing()
  const before = meters.map((meter) => meter())
  const beganMs = performance.now()
  await wait(windowMs)
  const seconds = (performance.now() - beganMs) / 1_000
  const [server = 0, pool = 0, gateways = 0] = meters.map((meter, index) => meter() - (before[index] ?? 0))
  const { lagsMs, batches } = await crew.standing()
  const events = lagsMs.length
  const each = (cpuS: number) => (cpuS * 1_000) / events
  return [
    figure('events landed', events / seconds, '/s'),
    figure('events a batch', events / batches, ''),
    figure('connections at the server', await central.connections(), ''),
    figure('server, CPU an event', each(server), 'ms'),
    figure('pooler, CPU an event', each(pool), 'ms'),
    figure('gateways, CPU an event', each(gateways), 'ms'),
    figure('all, cores in use', (server + pool + gateways) / seconds, ''),
    figure('lag of live events, median', quantile(lagsMs, 0.5), 'ms'),
    figure('lag of live events, p99', quantile(lagsMs, 0.99), 'ms', { atMost: LAG_AIM_MS }),
  ]
}

/** Events go on meanwhile. What is measured begins when what was taken away is back. */
async function faults(
  site: Site,
  load: Load & { readonly outageMs: number },
  figure: Tell,
): Promise<readonly Figure[]> {
  const { central, pooler, crew } = site
  const perSecond = load.plants * EVENTS_PER_PLANT_AND_SECOND
  const recovered = () => crew.settled(perSecond * UNDER_WAY_S)
  const figures: Figure[] = []
  await central.stop()
  await wait(Math.min(3_000, load.outageMs))
  await central.start()
  figures.push(figure('in step again after a restart of central', await recovered(), 's'))
  await pooler.stop()
  await pooler.start()
  figures.push(figure('in step again after a restart of the pooler', await recovered(), 's'))
  await pooler.stop()
  await wait(load.outageMs)
  const { pending } = await crew.standing()
  await pooler.start()
  figures.push(
    figure('events that waited at the end of an outage', pending, ''),
    figure('in step again after the outage', await recovered(), 's'),
    figure('connections at the server behind it', await central.connections(), ''),
  )
  await crew.standing()
  await wait(load.windowMs)
  const { lagsMs } = await crew.standing()
  figures.push(figure('lag after that, p99', quantile(lagsMs, 0.99), 'ms', { atMost: LAG_AIM_MS }))
  return figures
}
