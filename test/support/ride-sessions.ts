/** Sessions of the MES's route and of a mapped one over the same database, and batches that are pushed by hand. */
import { onTestFinished } from 'vitest'
import type { DestinationSession } from '../../src/domain/destination.ts'
import { DestinationError } from '../../src/domain/errors.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { LEFT_OUT, type StoredEvent } from '../../src/domain/outbox.ts'
import { createMesDestination } from '../../src/routes/mes/route.ts'
import type { Riders } from '../../src/routes/route-kind.ts'
import type { TestCentral } from './central.ts'
import { stored } from './central-events.ts'
import { siteRoute } from './mapped-site.ts'

const identity = { incarnation: '11111111-1111-4111-8111-111111111111', epoch: 1 }
const START = { seq: 0, hash: new Uint8Array() }
const CONNECT_MAX_MS = 60_000

/** Sessions of both routes, whose streams stand at the beginning of a log. */
export async function rideSessions(central: TestCentral, file: string) {
  const riders: Riders = new Set()
  const route = siteRoute(central, file, riders)
  const site = await route.destination.connect(AbortSignal.timeout(CONNECT_MAX_MS))
  onTestFinished(() => site[Symbol.asyncDispose]())
  const connectMes = async () => {
    const session = await createMesDestination(central.settings(), { riders }).connect(
      AbortSignal.timeout(CONNECT_MAX_MS),
    )
    onTestFinished(() => session[Symbol.asyncDispose]())
    return session
  }
  const mes = await connectMes()
  for (const session of [mes, site])
    await session.transaction((transaction) => transaction.begin(identity, START))
  return { route, site, mes, riders, connectMes }
}

/** Events of now, as the log numbers them. */
export function captured(events: readonly Event[], capturedAtMs = Date.now()): readonly StoredEvent[] {
  return stored(events).map((event) => ({ ...event, capturedAtMs }))
}

/** One batch; where it fails, all of it is taken back. */
export async function push(
  session: DestinationSession,
  events: readonly StoredEvent[],
  fails = false,
): Promise<void> {
  await session.transaction(async (transaction) => {
    await transaction.apply(
      events.filter(({ event }) => event.kind !== LEFT_OUT),
      { guarded: false },
    )
    const { seq, hash } = events.at(-1) ?? START
    await transaction.advance({ seq, hash }, events)
    if (fails) throw new DestinationError('central-row', 'it is taken back', { refusal: 'wait' })
  })
}
