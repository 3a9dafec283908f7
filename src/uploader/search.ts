/**
 * Finds the events of a run that the destination refuses, and applies all others, within one transaction. Runs become half as
 * long at each refusal and twice as long at each success; among events that were refused together only half of those that are left
 * are tried at a time, since all of them would be refused again. A search that went on for long enough ends, and the next one begins with
 * the run that it had come to, so that it gets on however slow the link is. Events that will probably be refused are tried alone.
 */
import type { DestinationTransaction, RefusedEvent } from '../domain/destination.ts'
import { DestinationError, withHint } from '../domain/errors.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'

/** A search holds rows to which people may refer meanwhile: it ends after this, unless it must go on to know who is to blame. */
const SEARCH_MAX_MS = 1_000
/** What a search does in any case, so that it gets on where each answer takes long. */
const APPLIES_MIN = 6

/** An event that was refused alone. */
export interface Refused {
  readonly event: StoredEvent
  readonly error: DestinationError
}

/** What a search has found; all of it is in the order of the events. */
export interface Found {
  readonly landed: readonly StoredEvent[]
  readonly refused: readonly Refused[]
  /** Of which it was proven that they cannot be written, without anything being refused. */
  readonly leftOut: readonly RefusedEvent[]
  /** How many of the events were tried. */
  readonly tried: number
}

/** How many events are tried at a time. */
export interface Stride {
  readonly events: number
  /** These were refused: the next try has half as many. */
  shorten(refused: number): void
  /** These landed: the next try has twice as many. */
  lengthen(landed: number): void
}

/** As long as `eventsMax` at first and at most. */
export function createStride(eventsMax: number): Stride {
  let events = eventsMax
  return {
    get events() {
      return events
    },
    shorten: (refused) => {
      events = Math.max(1, refused >> 1)
    },
    lengthen: (landed) => {
      events = Math.min(eventsMax, Math.max(events, landed * 2))
    },
  }
}

/**
 * What a search that is under way comes to. `clear`: whatever was refused so far is to blame, and it may end here; `open`: more must
 * be tried to know who is to blame; `enough`: nothing new will come of going on.
 */
export type Outlook = 'clear' | 'open' | 'enough'

interface SearchBounds {
  readonly clock: Clock
  readonly stride: Stride
  /** Whether an event will probably be refused: it is tried alone, and does not shorten the runs. */
  readonly isSuspect?: (event: StoredEvent) => boolean
  readonly outlook: (refused: readonly Refused[], landed: readonly StoredEvent[]) => Outlook
}

/**
 * Applies events in order around those that are refused.
 * @throws DestinationError for a refusal that is not about rows
 */
export async function search(
  transaction: DestinationTransaction,
  events: readonly StoredEvent[],
  { clock, stride, outlook, isSuspect = () => false }: SearchBounds,
): Promise<Found> {
  const landed: StoredEvent[] = []
  const refused: Refused[] = []
  const leftOut: RefusedEvent[] = []
  const endMs = clock.now().monoMs + SEARCH_MAX_MS
  let tried = 0
  /** The untried events up to this index were refused together, so at least one of them will be again; 0 where none were. */
  let refusedBefore = 0
  for (let applies = 0; tried < events.length; applies += 1) {
    const soFar = outlook(refused, landed)
    if (soFar === 'enough') break
    if (soFar === 'clear' && applies >= APPLIES_MIN && clock.now().monoMs >= endMs) break
    const lengthMax = Math.min(stride.events, halfOf(refusedBefore - tried))
    const run = nextRun(events, { from: tried, lengthMax, isSuspect })
    const answer = await attempt(transaction, run)
    if (!(answer instanceof DestinationError)) {
      const out = new Set(answer.map(({ event }) => event))
      landed.push(...run.filter((event) => !out.has(event)))
      leftOut.push(...answer)
      tried += run.length
      stride.lengthen(run.length)
    } else {
      const [first] = run
      if (run.length === 1 && first) {
        refused.push({ event: first, error: answer })
        tried += 1
      }
      if (!first || !isSuspect(first)) {
        stride.shorten(run.length)
        refusedBefore = run.length === 1 ? 0 : tried + run.length
      }
    }
  }
  return { landed, refused, leftOut, tried }
}

/** How many events to try at most out of those that were refused together: half, and at least one. Without any there is no bound. */
function halfOf(refusedTogether: number): number {
  return refusedTogether > 0 ? Math.max(1, refusedTogether >> 1) : Number.POSITIVE_INFINITY
}

/** The next events to try together: up to the next suspect, which is tried alone. */
function nextRun(
  events: readonly StoredEvent[],
  {
    from,
    lengthMax,
    isSuspect,
  }: {
    readonly from: number
    readonly lengthMax: number
    readonly isSuspect: (event: StoredEvent) => boolean
  },
): readonly StoredEvent[] {
  const run = events.slice(from, from + lengthMax)
  const suspect = run.findIndex(isSuspect)
  return suspect === -1 ? run : run.slice(0, Math.max(1, suspect))
}

/** @returns what was left out of the run, or the error with which it was refused. @throws what is not about rows */
async function attempt(
  transaction: DestinationTransaction,
  run: readonly StoredEvent[],
): Promise<readonly RefusedEvent[] | DestinationError> {
  try {
    return await transaction.apply(run, { guarded: true })
  } catch (error) {
    if (error instanceof DestinationError && error.isAboutRows) return error
    throw error
  }
}

/** A refused event as it is set aside. */
export function asRefusedEvent({ event, error }: Refused): RefusedEvent {
  return { event, reason: withHint(error.message, error.hint), sqlstate: error.sqlstate }
}
