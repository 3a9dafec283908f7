/** All gateways of a run, in two processes, as their parent sees them. */
import { type Child, launch } from '../child.ts'
import { cpuSeconds } from '../process-meter.ts'
import { until } from '../until.ts'
import type { GatewaysAnswers } from './gateways.ts'
import { type Begun, type CrewStanding, halfOf, type PlantPlan, type Way } from './plan.ts'

export interface Crew extends AsyncDisposable {
  /** All gateways start at once, as after a power cut. */
  begin(way: Way): Promise<void>
  /** Changes of machines a second, over all gateways; each makes two events. */
  change(perSecond: number): Promise<void>
  standing(): Promise<CrewStanding>
  /** Waits until every gateway is connected and no more waits than what is always on its way. @returns after how many s */
  settled(pendingMax: number): Promise<number>
  cpuSeconds(): number
  end(): Promise<readonly Begun[]>
}

const SETTLES_WITHIN_MS = 600_000
const LOOK_MS = 100

export async function launchCrew(plants: readonly PlantPlan[]): Promise<Crew> {
  const halves = [halfOf(plants, 0), halfOf(plants, 1)] as const
  await using started = new AsyncDisposableStack()
  const children: Child<GatewaysAnswers>[] = []
  for (const _ of halves) children.push(started.use(await launch<GatewaysAnswers>('fleet/gateways.ts')))
  const count = plants.reduce((sum, { gateways }) => sum + gateways.length, 0)
  const kept = started.move()
  const standing = async () =>
    sumOf(await Promise.all(children.map((child) => child.ask('standing', undefined as never))))
  return {
    begin: async (way) => {
      await Promise.all(
        children.map((child, half) => child.ask('begin', { plants: halves[half] ?? [], way })),
      )
    },
    change: async (perSecond) => {
      await Promise.all(
        children.map((child) => child.ask('change', { perSecond: perSecond / children.length })),
      )
    },
    standing,
    settled: async (pendingMax) => {
      const beganMs = performance.now()
      await until('all gateways to be in step', { maxMs: SETTLES_WITHIN_MS, everyMs: LOOK_MS }, async () => {
        const { connected, pending } = await standing()
        return (connected === count && pending <= pendingMax) || undefined
      })
      return (performance.now() - beganMs) / 1_000
    },
    cpuSeconds: () => children.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    end: async () =>
      (await Promise.all(children.map((child) => child.ask('end', undefined as never)))).flat(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function sumOf(standings: readonly CrewStanding[]): CrewStanding {
  const sum = (count: (standing: CrewStanding) => number) =>
    standings.reduce((total, standing) => total + count(standing), 0)
  return {
    connected: sum(({ connected }) => connected),
    pending: sum(({ pending }) => pending),
    stored: sum(({ stored }) => stored),
    lagsMs: standings.flatMap(({ lagsMs }) => lagsMs),
    batches: sum(({ batches }) => batches),
  }
}
