/** One gateway: the real uploader on a model of the log. It can die at any `await`, start again, and be stopped cleanly. */

import type { Destination } from '../../src/domain/destination.ts'
import { StoreError } from '../../src/domain/errors.ts'
import type { UploadHealth } from '../../src/domain/health.ts'
import type { Outbox } from '../../src/domain/outbox.ts'
import { createStopBudget, STOP_MAX_MS } from '../../src/runtime/budget.ts'
import { createLog } from '../../src/runtime/log.ts'
import { createParts, type Service } from '../../src/runtime/service.ts'
import { createUploader } from '../../src/uploader/upload.ts'
import { centralRoute } from '../support/central-route.ts'
import { NO_PUSH_COUNTS } from '../support/no-counts.ts'
import type { ModelCentral } from './model-central.ts'
import type { ModelLog } from './model-outbox.ts'
import { createMortal, mortalClock } from './mortal.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

const SILENT = createLog('silent')

/** Wraps what the uploader works with, so that it seems to make a certain mistake. */
export type Mutation = (world: { readonly central: Destination; readonly outbox: Outbox }) => {
  readonly central: Destination
  readonly outbox: Outbox
}

export interface GatewayParts {
  readonly time: VirtualTime
  readonly random: Random
  readonly log: ModelLog
  readonly central: ModelCentral
  readonly mutate: Mutation
  readonly batch: { readonly rows: number; readonly lingerMs: number }
  /** Called when the uploader does what it must never do: end by itself, or stop late. */
  readonly fail: (what: string) => void
}

export interface Gateway {
  log: ModelLog
  /** The probability of dying before or after any one call. */
  crashChance: number
  health(): UploadHealth
  retryQuarantine(): void
  start(): void
  crash(): void
  stop(): Promise<void>
}

export function createGateway(parts: GatewayParts): Gateway {
  const { time, random, central, fail } = parts
  let end = () => {}
  let stop = () => Promise.resolve()
  let uploader: ReturnType<typeof createUploader> | undefined

  /** Retention may remove rows during a refill: the uploader fails and is started again. Any other failure is a mistake. */
  const watched = (service: Service): Service => ({
    name: service.name,
    run: async (signal) => {
      try {
        await service.run(signal)
        if (!signal.aborted) fail('the uploader ended by itself')
      } catch (error) {
        if (!(error instanceof StoreError))
          fail(`the uploader failed: ${error instanceof Error ? error.stack : error}`)
        throw error
      }
    },
  })

  const gateway: Gateway = {
    log: parts.log,
    crashChance: 0,
    health: () =>
      uploader?.health().summary ?? {
        route: 'central',
        must: 'deliver',
        state: 'connecting',
        sinceMs: 0,
        lastSeq: 0,
        clockOffsetMs: null,
        quarantineCount: 0,
        refused: [],
        counts: NO_PUSH_COUNTS,
      },
    retryQuarantine: () => uploader?.retryQuarantine(),
    start: () => {
      const life = { over: false }
      const client = central.client()
      const die = () => {
        life.over = true
        client.hangUp()
      }
      const mortal = createMortal(life, () => {
        if (!random.chance(gateway.crashChance)) return
        die()
        time.after(random.between(100, 5_000), gateway.start)
      })
      const clock = mortalClock(time, life)
      const outbox = mortal(gateway.log.outbox(() => time.sleep(random.between(0, 8))))
      const world = parts.mutate({ central: mortal(client.central), outbox })
      const abort = new AbortController()
      uploader = createUploader({
        outbox: world.outbox,
        route: centralRoute(world.central, parts.batch),
        // So that batches of several pages are common.
        pageRows: Math.ceil(parts.batch.rows / 3),
        clock,
        random: random.next,
        log: SILENT,
        budget: createStopBudget(abort.signal, clock),
      })
      const { keep } = createParts({ clock, random: random.next, log: SILENT })
      const running = keep(watched(uploader), abort.signal)
      end = die
      stop = async () => {
        const late = time.after(STOP_MAX_MS, () => life.over || fail('the uploader did not stop in time'))
        abort.abort()
        await running
        late()
        die()
      }
    },
    crash: () => end(),
    stop: () => stop(),
  }
  return gateway
}
