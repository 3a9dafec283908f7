/** Drains a backlog with the uploader, a route and the outbox as the gateway runs them. */
import { join } from 'node:path'
import { type BufferOutbox, openOutbox } from '../../src/buffer/outbox.ts'
import type { Route } from '../../src/domain/destination.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { createMesRoute } from '../../src/routes/mes/route.ts'
import { createStopBudget } from '../../src/runtime/budget.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { Secret } from '../../src/runtime/secret.ts'
import { createUploader } from '../../src/uploader/upload.ts'
import type { Bench } from './benchmark.ts'
import type { RoleLogin } from './central.ts'
import { ORGANIZATION, PLANT } from './site.ts'
import { until } from './until.ts'

const DRAIN_MAX_MS = 300_000
const ENTRY_EVENTS = 500

interface Backlog {
  /** Of the file of the log: another one for each. */
  readonly name: string
  readonly route: Route
  readonly events: readonly Event[]
}

/** What a drain took. */
interface Drained {
  readonly seconds: number
  /** Processor time of this process, with all its threads. */
  readonly cpuSeconds: number
}

/** From the start of the uploader until nothing is pending. */
export async function drained(bench: Bench, { name, route, events }: Backlog): Promise<Drained> {
  const log = createLog('error')
  await using outbox = await openOutbox({
    file: join(bench.folder, `${name}.db`),
    retentionMs: 3_600_000,
    maxBytes: 4 * 1024 ** 3,
    consumers: [{ name: route.name, must: 'deliver' }],
    bootId: 'boot',
    clock: systemClock,
    log,
  })
  await fill(outbox, events)
  const stop = new AbortController()
  const budget = createStopBudget(stop.signal, systemClock)
  const uploader = createUploader({ outbox, route, clock: systemClock, random: Math.random, log, budget })
  const before = process.cpuUsage()
  const beganMs = performance.now()
  const running = uploader.run(stop.signal)
  await until('the outbox to be drained', { maxMs: DRAIN_MAX_MS, everyMs: 5 }, async () =>
    (await outbox.stats()).pending === 0 ? true : undefined,
  )
  const seconds = (performance.now() - beganMs) / 1_000
  const { user, system } = process.cpuUsage(before)
  stop.abort()
  await running
  return { seconds, cpuSeconds: (user + system) / 1e6 }
}

/** The route into central's MES, with the role's own login. */
export function mesRouteOf(role: RoleLogin, eventsPerBatch: number): Route {
  return createMesRoute({
    connection: {
      hosts: [{ host: role.host, port: role.port }],
      database: role.database,
      user: role.user,
      password: new Secret(role.password),
      tls: { mode: 'off' },
    },
    schema: 'public',
    organization: ORGANIZATION,
    plant: PLANT,
    gateway: 'bench',
    machineStatus: true,
    batch: { rows: eventsPerBatch, lingerMs: 200 },
    log: createLog('error'),
    now: systemClock.now,
  })
}

async function fill(outbox: BufferOutbox, events: readonly Event[]): Promise<void> {
  const at = systemClock.now()
  const starts = Array.from({ length: Math.ceil(events.length / ENTRY_EVENTS) }, (_, n) => n * ENTRY_EVENTS)
  await Promise.all(
    starts.map((start) =>
      outbox.append({ at, events: events.slice(start, start + ENTRY_EVENTS), states: {} }),
    ),
  )
}
