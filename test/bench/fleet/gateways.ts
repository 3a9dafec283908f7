/**
 * Many gateways in one process: each has the real uploader and the real route into central. Only their logs are light: in memory, and
 * durable at once, since a thousand disks would measure this machine's one.
 */
import { randomUUID } from 'node:crypto'
import type { Event } from '../../../src/domain/events/event.ts'
import type { GatewayReport } from '../../../src/domain/gateway-report.ts'
import type { Outbox } from '../../../src/domain/outbox.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { createMesRoute } from '../../../src/routes/mes/route.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { createUploader, type Uploader } from '../../../src/uploader/upload.ts'
import { createModelLog, type ModelLog } from '../../simulation/model-outbox.ts'
import { amended, opened } from '../../support/central-events.ts'
import { answer } from '../child.ts'
import type { Begun, CrewStanding, GatewayPlan, PlantPlan, Way } from './plan.ts'

/** `central.batch` as it is unless written otherwise. */
const BATCH = { rows: 2_000, lingerMs: 200 }
const STATUSES = ['running', 'idle'] as const
const log = createLog('silent')

/** A machine that changes its status again and again, and the gateway that watches it. */
class SimulatedGateway {
  readonly begun: Begun[] = []
  readonly #plan: GatewayPlan
  readonly #plant: PlantPlan
  readonly #log: ModelLog
  readonly #uploader: Uploader
  readonly #abort = new AbortController()
  readonly #ended: Promise<void>
  readonly #appendedMs: number[] = []
  #acknowledged = 0
  #lags: number[] = []
  #batches = 0

  constructor(plan: GatewayPlan, plant: PlantPlan, way: Way) {
    this.#plan = plan
    this.#plant = plant
    this.#log = createModelLog({ incarnation: randomUUID(), epoch: 1 })
    this.#uploader = createUploader({
      outbox: this.#watched(this.#log.outbox(() => Promise.resolve())),
      route: createMesRoute(settingsOf(plan, plant, way)),
      clock: systemClock,
      random: Math.random,
      log,
      budget: createStopBudget(this.#abort.signal, systemClock),
      report: (state) => Promise.resolve(this.#report(state)),
    })
    this.#ended = this.#uploader.run(this.#abort.signal)
  }

  /** The running interval ends and the next one begins: two events, stored together. */
  change(): void {
    const at = new Date().toISOString()
    const last = this.begun.at(-1)
    if (last?.at === at) return
    const subject = machineOwner(this.#plan.machine)
    const events: Event[] = []
    if (last) {
      const durationMs = Date.parse(at) - Date.parse(last.at)
      const ended = { durationMs, minutes: Math.round(durationMs / 60_000), marks: [] }
      events.push(amended({ subject, at: last.at, ended }))
    }
    events.push(opened({ subject, at, status: STATUSES[this.begun.length % 2] ?? 'idle' }))
    this.begun.push({ organization: this.#plant.organization, machine: this.#plan.machine, at })
    const nowMs = performance.now()
    for (const _ of events) this.#appendedMs.push(nowMs)
    this.#log.append(events)
  }

  get isConnected(): boolean {
    return this.#uploader.health().summary.state === 'connected'
  }

  get stored(): number {
    return this.#appendedMs.length
  }

  get pending(): number {
    return this.#appendedMs.length - this.#acknowledged
  }

  takeLags(): { readonly lagsMs: readonly number[]; readonly batches: number } {
    const taken = { lagsMs: this.#lags, batches: this.#batches }
    this.#lags = []
    this.#batches = 0
    return taken
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#ended
  }

  #watched(outbox: Outbox): Outbox {
    return {
      ...outbox,
      acknowledge: async (consumer, seq) => {
        await outbox.acknowledge(consumer, seq)
        const nowMs = performance.now()
        if (seq > this.#acknowledged) this.#batches += 1
        for (; this.#acknowledged < seq; this.#acknowledged += 1)
          this.#lags.push(nowMs - (this.#appendedMs[this.#acknowledged] ?? nowMs))
      },
    }
  }

  #report(state: GatewayReport['state']): GatewayReport {
    return {
      ...{ state, host: 'bench', version: '0', startedAtMs: Date.now(), pending: this.pending, lagS: 0 },
      ...{ clockOffsetMs: 0, machines: 1, mapsHash: 'bench', troubles: [], troubleCount: 0 },
    }
  }
}

function settingsOf({ gateway }: GatewayPlan, { organization, plant, role }: PlantPlan, way: Way) {
  const tls = way.caFile ? { mode: 'verify-ca' as const, caFile: way.caFile } : { mode: 'off' as const }
  return {
    ...{ organization, plant, gateway, schema: 'public', machineStatus: true, batch: BATCH },
    connection: {
      hosts: [{ host: way.host, port: way.port }],
      ...{ database: 'postgres', user: role, password: new Secret(way.password), tls },
    },
    log,
    now: systemClock.now,
  }
}

let gateways: readonly SimulatedGateway[] = []
let changing: NodeJS.Timeout | undefined

function begin({ plants, way }: { readonly plants: readonly PlantPlan[]; readonly way: Way }): void {
  gateways = plants.flatMap((plant) => plant.gateways.map((plan) => new SimulatedGateway(plan, plant, way)))
}

/** Each gateway in its turn: the moments of the plants are spread evenly over the period. */
function change({ perSecond }: { readonly perSecond: number }): void {
  clearInterval(changing)
  if (perSecond === 0) return
  let next = 0
  let due = performance.now()
  changing = setInterval(() => {
    for (; due <= performance.now(); due += 1_000 / perSecond) {
      gateways[next % gateways.length]?.change()
      next += 1
    }
  }, 5)
}

function standing(): CrewStanding {
  const taken = gateways.map((gateway) => gateway.takeLags())
  const sum = (count: (gateway: SimulatedGateway) => number) =>
    gateways.reduce((total, gateway) => total + count(gateway), 0)
  return {
    connected: sum(({ isConnected }) => Number(isConnected)),
    pending: sum(({ pending }) => pending),
    stored: sum(({ stored }) => stored),
    lagsMs: taken.flatMap(({ lagsMs }) => lagsMs),
    batches: taken.reduce((total, { batches }) => total + batches, 0),
  }
}

async function end(): Promise<readonly Begun[]> {
  clearInterval(changing)
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  return gateways.flatMap(({ begun }) => begun)
}

const ANSWERS = { begin, change, standing, end }
export type GatewaysAnswers = typeof ANSWERS
answer(ANSWERS)
