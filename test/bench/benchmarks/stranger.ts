/** How much the rows of one machine of ten that central does not know cost the other nine, here and over a slow link. */
import type { Event } from '../../../src/domain/events/event.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import type { Bench, Benchmark, Figure } from '../benchmark.ts'
import { type BenchCentral, type RoleLogin, startCentral } from '../central.ts'
import { drained, mesRouteOf } from '../drained.ts'
import { amended, opened } from '../machine-events.ts'
import { machineCode } from '../site.ts'
import { median } from '../statistics.ts'

const MACHINES = 10
const STRANGER = 'STRANGER-1'
const EVENTS_PER_BATCH = 8_000
const EPOCH_MS = Date.UTC(2026, 0, 5)
/** Each way; there and back it is 100 ms. */
const SLOW_LINK_MS = 50

export const stranger: Benchmark = {
  name: 'stranger',
  summary: 'rows a second of nine machines beside one that central does not know, against ten that it knows',
  run: async (bench) => {
    await using central = await startCentral(
      bench,
      Array.from({ length: MACHINES }, (_, n) => machineCode(n)),
    )
    await using proxy = await startTcpProxy(central.role)
    const near = await figure(bench, central, central.role, {
      link: 'local',
      rows: bench.quick ? 2_000 : 50_000,
    })
    for (const direction of ['to-server', 'to-client'] as const)
      proxy.impair(direction, { kind: 'delay', ms: SLOW_LINK_MS })
    const { host, port } = proxy
    const far = await figure(
      bench,
      central,
      { ...central.role, host, port },
      {
        link: '100 ms away',
        rows: bench.quick ? 2_000 : 20_000,
      },
    )
    return [near, far]
  },
}

async function figure(
  bench: Bench,
  central: BenchCentral,
  role: RoleLogin,
  { link, rows }: { readonly link: string; readonly rows: number },
): Promise<Figure> {
  const ratios: number[] = []
  const known = Array.from({ length: MACHINES }, (_, n) => machineCode(n))
  const one = [...known.slice(0, -1), STRANGER]
  for (let round = 1; round <= (bench.quick ? 1 : 5); round += 1) {
    bench.progress(`  ${rows} rows, central ${link}, round ${round}`)
    const seconds: number[] = []
    for (const [name, machines] of [
      ['known', known],
      ['stranger', one],
    ] as const) {
      await central.empty()
      const route = mesRouteOf(role, EVENTS_PER_BATCH)
      const backlog = { name: `${name}-${rows}-${round}`, route, events: eventsOf(rows, machines) }
      seconds.push((await drained(bench, backlog)).seconds)
    }
    const [all = 0, nine = 1] = seconds
    // Nine of ten rows land beside the stranger.
    ratios.push(((MACHINES - 1) / MACHINES) * (all / nine))
  }
  return {
    load: `stranger, ${rows.toLocaleString('en-US')} rows, central ${link}`,
    measure: 'rows/s landed, one of ten unknown / all known',
    value: median(ratios),
    unit: 'x',
    aim: { atLeast: 0.34 },
  }
}

function eventsOf(rows: number, machines: readonly string[]): readonly Event[] {
  return Array.from({ length: rows }, (_, n) => n).flatMap((n): Event[] => {
    const machine = machines[n % MACHINES] ?? STRANGER
    const interval = Math.floor(n / MACHINES)
    return [opened(machine, interval, EPOCH_MS), amended(machine, interval, EPOCH_MS)]
  })
}
