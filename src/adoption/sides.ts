/**
 * What an adoption looks at before it changes anything: each route, a session with its destination, and what the destination and
 * the local log say of each other. One at best effort that cannot be looked at keeps nobody from being taken over.
 */
import type { Destination, DestinationSession, Route } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { Outbox } from '../domain/outbox.ts'
import type { Recipient } from '../domain/recipient.ts'
import { CENTRAL } from '../routes/mes/route.ts'
import { createStopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import { connect } from '../uploader/patience.ts'
import { type Look, look } from '../uploader/synchronise.ts'

/** A destination and the local log that were found to disagree. */
type FencedLook = Look & { readonly decision: { readonly kind: 'fence' } }

/** A route as it was found. */
export interface RouteSide extends Pick<Route, 'name' | 'must'> {
  readonly session: DestinationSession
  readonly found: Look
}

export type FencedSide = RouteSide & { readonly found: FencedLook }

/** A route at best effort whose destination cannot be looked at. */
interface LeftBehind {
  readonly name: string
  readonly why: DestinationError
}

/** All routes, in their order. Disposing ends the sessions. */
export interface RouteSides extends AsyncDisposable {
  readonly all: readonly RouteSide[]
  /** They follow an older incarnation from then on, and are taken over by the next adoption. */
  readonly leftBehind: readonly LeftBehind[]
}

interface Looking {
  readonly outbox: Outbox
  readonly routes: readonly Route[]
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Changes nothing anywhere.
 * @throws DestinationError when a destination that must have every event cannot be reached or does not answer; it names the route
 */
export async function openSides(looking: Looking): Promise<RouteSides> {
  const sessions: DestinationSession[] = []
  const close = async () => {
    await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()))
  }
  try {
    const all: RouteSide[] = []
    const leftBehind: LeftBehind[] = []
    for (const route of looking.routes) {
      const side = await sideOf(route, looking, sessions)
      if ('session' in side) all.push(side)
      else leftBehind.push(side)
    }
    return { all, leftBehind, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Adds the session to those that somebody has to end, also when the look at it fails. */
async function sideOf(
  { name, must, destination }: Route,
  { outbox, clock, signal }: Looking,
  sessions: DestinationSession[],
): Promise<RouteSide | LeftBehind> {
  const budget = createStopBudget(signal, clock)
  try {
    const patience = { name, clock, signal, budget }
    const session = await connectToAny(destination, patience, await outbox.recipient(name))
    sessions.push(session)
    return { name, must, session, found: await look(session, { outbox, consumer: name, must }) }
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error
    if (must === 'best-effort') return { name, why: error }
    throw outOfReach(name, error)
  }
}

/** The primary of before a failover is taken only where there is no other: people may want it to be the primary again. */
async function connectToAny(
  destination: Destination,
  patience: Parameters<typeof connect>[1],
  last: Recipient | undefined,
): Promise<DestinationSession> {
  try {
    return await connect(destination, patience, last)
  } catch (error) {
    if (error instanceof DestinationError && error.code === `${patience.name}-past`)
      return await connect(destination, patience)
    throw error
  }
}

function outOfReach(name: string, error: DestinationError): DestinationError {
  const { code, message, hint, refusal, sqlstate } = error
  const again = `all destinations are taken over in one run: once ${name} answers, run \`millrace buffer adopt\` again`
  return new DestinationError(code, `route ${name} cannot be looked at, so nothing was changed: ${message}`, {
    cause: error,
    refusal,
    sqlstate,
    hint: hint === undefined ? again : `${hint}\n${again}`,
  })
}

export function isFenced(side: RouteSide): side is FencedSide {
  return side.found.decision.kind === 'fence'
}

/** The route into the MES, if it is fenced: only then must its rows be brought together with those of this log. */
export function fencedMes({ all }: RouteSides): FencedSide | undefined {
  return all.filter(isFenced).find(({ name }) => name === CENTRAL)
}

/** How many events of the log come after the position where a route goes on. */
export function waitingFor({ found: { local, decision } }: RouteSide): number {
  return local.tailSeq - (decision.kind === 'fence' ? local.acknowledgedSeq : decision.at.seq)
}
