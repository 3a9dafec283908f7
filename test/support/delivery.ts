/** An uploader between a real log and a real central, as the gateway runs it. */
import { expect, onTestFinished } from 'vitest'
import type { BufferOutbox } from '../../src/buffer/outbox.ts'
import type { OutboxOptions } from '../../src/buffer/outbox-options.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { createMesRoute } from '../../src/routes/mes/route.ts'
import type { CentralSettings } from '../../src/routes/mes/settings.ts'
import { createStopBudget } from '../../src/runtime/budget.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { createUploader, type Uploader } from '../../src/uploader/upload.ts'
import { testOutbox } from './buffer.ts'

export interface Delivery {
  readonly outbox: BufferOutbox
  readonly uploader: Uploader
  /** Stores events, as the pipeline does. */
  store(events: readonly Event[]): Promise<void>
  /** Events that central has not taken yet. */
  pending(): Promise<number>
  until(condition: () => boolean | Promise<boolean>, withinMs?: number): Promise<void>
  /** Until nothing is pending. */
  untilEmpty(withinMs?: number): Promise<void>
  stop(): Promise<void>
}

/** Starts it, with what the log holds already; it ends with the test. @param log options of the log */
export async function startDelivery(
  settings: CentralSettings,
  stored: readonly Event[] = [],
  log: Partial<OutboxOptions> = {},
): Promise<Delivery> {
  const outbox = await testOutbox(log)
  const store = async (events: readonly Event[]) => {
    await outbox.append({ at: systemClock.now(), events, states: {} })
  }
  if (stored.length > 0) await store(stored)
  const stop = new AbortController()
  const uploader = createUploader({
    outbox,
    route: createMesRoute(settings),
    clock: systemClock,
    random: Math.random,
    log: createLog('silent'),
    budget: createStopBudget(stop.signal, systemClock),
    // So that batches of several pages are common.
    pageRows: Math.ceil(settings.batch.rows / 4),
  })
  const running = uploader.run(stop.signal)
  const end = async () => {
    stop.abort()
    await running
  }
  onTestFinished(end)
  const pending = async () => (await outbox.stats()).pending
  const until: Delivery['until'] = async (condition, withinMs = 60_000) => {
    const untilMs = Date.now() + withinMs
    while (!(await condition()) && Date.now() < untilMs) await systemClock.sleep(20)
    expect(await condition(), JSON.stringify(uploader.health())).toBe(true)
  }
  return {
    outbox,
    uploader,
    store,
    pending,
    until,
    untilEmpty: (withinMs) => until(async () => (await pending()) === 0, withinMs),
    stop: end,
  }
}
