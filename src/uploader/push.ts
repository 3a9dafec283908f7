/**
 * Pushes one batch in one transaction, page by page. Under the lock of the stream, the destination must have come exactly up to the batch;
 * else nothing is done. Events that are to blame for a refusal go into quarantine in that same transaction.
 */
import type {
  DestinationSession,
  DestinationTransaction,
  Landed,
  NextPage,
  Page,
  RefusedEvent,
} from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import { pageBehind, positionBehind } from '../domain/next-page.ts'
import type { LogIdentity, LogPosition, StoredEvent } from '../domain/outbox.ts'
import { ownerCode } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Judge, Standstill } from './blame.ts'
import { hasComeTo } from './resync.ts'
import { asRefusedEvent, type Refused, type Stride, search } from './search.ts'

/** From where events are pushed. */
interface Beginning {
  readonly identity: LogIdentity
  /** How far the destination had come when last seen: just before the first of the events. */
  readonly from: LogPosition
}

/** Events to push. */
interface Run extends Beginning {
  /** In order, without gaps, at least one. */
  readonly events: readonly StoredEvent[]
  /** Which of them the route takes; the others' numbers count as delivered. */
  readonly takes: (event: StoredEvent) => boolean
}

/** Events to push as a whole: a page, and those behind it. */
interface Batch extends Beginning {
  readonly first: Page
  readonly more: NextPage
}

/** `moved`: the destination is not where the batch begins, and nothing was written. */
export type Pushed = ({ readonly kind: 'landed' } & Landed) | { readonly kind: 'moved' }

/** With what a batch is searched for the events that are refused; all of it lasts from one batch to the next. */
interface SearchTools {
  readonly clock: Clock
  readonly judge: Judge
  readonly stride: Stride
}

/** Pushes a batch as a whole. @throws DestinationError when the batch did not land, or its outcome is not known */
export async function push(session: DestinationSession, batch: Batch): Promise<Pushed> {
  const { first, more } = batch
  return session.transaction(async (transaction) => {
    if (!hasComeTo(transaction.head, batch.identity, batch.from)) return { kind: 'moved' }
    const landed = await (transaction.land?.(first, more) ?? landOneByOne(transaction, first, more))
    return { kind: 'landed', ...landed }
  })
}

async function landOneByOne(
  transaction: DestinationTransaction,
  first: Page,
  more: NextPage,
): Promise<Landed> {
  const passed: StoredEvent[] = []
  const setAside: RefusedEvent[] = []
  let page: Page | undefined = first
  while (page) {
    const answer = transaction.apply(page.wanted, { guarded: false })
    passed.push(...page.events)
    page = await pageBehind(page, answer, more)
    setAside.push(...(await answer))
  }
  if (setAside.length > 0) await transaction.quarantine(setAside)
  const at = positionBehind(passed)
  await transaction.advance(at, passed)
  return { at, setAside }
}

/**
 * Pushes a batch of which something is refused: as far as it is known who is to blame, and without those that are.
 * @throws DestinationError where that is not known of its first event, or the table is to blame
 */
export async function pushAround(
  session: DestinationSession,
  batch: Run,
  tools: SearchTools,
  blamed: readonly Refused[] = [],
): Promise<Pushed> {
  try {
    // A search that ran out of time before it had found anything goes on with shorter runs.
    for (;;) {
      const pushed = await searchBatch(session, batch, tools, blamed)
      if (pushed) return pushed
    }
  } catch (error) {
    if (!(error instanceof MetStandstill)) throw error
    // What landed behind the standstill has been taken back. What is before it is pushed alone.
    const at = batch.events.indexOf(error.standstill.at.event)
    if (at === 0) throw refusalAt(error.standstill)
    const before = { ...batch, events: batch.events.slice(0, at) }
    return pushAround(session, before, tools, [...blamed, ...error.blamed])
  }
}

/** @returns undefined where the search ended with nothing found */
async function searchBatch(
  session: DestinationSession,
  batch: Run,
  { clock, judge, stride }: SearchTools,
  blamed: readonly Refused[],
): Promise<Pushed | undefined> {
  return session.transaction(async (transaction) => {
    if (!hasComeTo(transaction.head, batch.identity, batch.from)) return { kind: 'moved' }
    const known = new Set(blamed.map(({ event }) => event))
    const wanted = batch.events.filter((event) => batch.takes(event) && !known.has(event))
    const found = await search(transaction, wanted, {
      clock,
      stride,
      outlook: (refused, landed) => judge.outlook(refused, landed),
      isSuspect: (event) => judge.isSuspect(event),
    })
    const judgement = judge.decide(found, clock.now().monoMs)
    if (judgement.standstill) throw new MetStandstill(judgement.standstill, judgement.blamed)
    const untried = wanted[found.tried]
    const done = untried ? batch.events.indexOf(untried) : batch.events.length
    if (done === 0) return undefined
    const at = positionBehind(batch.events.slice(0, done))
    const refused = [...blamed, ...judgement.blamed].filter(({ event }) => event.seq <= at.seq)
    const setAside = [...refused.map(asRefusedEvent), ...found.leftOut]
    if (setAside.length > 0) await transaction.quarantine(setAside)
    await transaction.advance(at)
    return { kind: 'landed', at, setAside }
  })
}

/** A push ended because an event must wait. The session can be used further. */
export class MustWait extends DestinationError {}

/** Thrown to roll a transaction back: its search has come to an event that must wait. */
class MetStandstill {
  readonly standstill: Standstill
  readonly blamed: readonly Refused[]
  constructor(standstill: Standstill, blamed: readonly Refused[]) {
    this.standstill = standstill
    this.blamed = blamed
  }
}

/** The refusal in the words of what it holds up: an event, or every event of its kind. */
function refusalAt({ at: { event: stored, error }, why }: Standstill): MustWait {
  const { seq, event } = stored
  const name = `event ${seq} of ${ownerCode(event.subject)} (${event.kind}, ${event.at})`
  const what = {
    table: `every ${event.kind} is refused from ${name} on, whatever the machine`,
    doubt: `${name} is refused, and nothing shows yet whether the row or the table is to blame`,
    lock: `${name} waits for somebody's lock`,
  }[why]
  const hint =
    error.hint ?? (why === 'table' ? 'mend the table in the database; nothing is lost meanwhile' : undefined)
  return new MustWait(error.code, `${what}: ${error.message}`, {
    refusal: 'wait',
    sqlstate: error.sqlstate,
    cause: error,
    ...(hint ? { hint } : {}),
  })
}
