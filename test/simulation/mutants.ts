/**
 * Mistakes that an uploader could make. Each one wraps what the real uploader works with, so that the whole behaves as if the
 * uploader made it. The simulation is worth something only as long as it finds every one of them.
 */
import type {
  Destination,
  DestinationSession,
  DestinationTransaction,
  QuarantinedEvent,
  StreamHead,
} from '../../src/domain/destination.ts'
import { DestinationError } from '../../src/domain/errors.ts'
import type { LogPosition, Outbox } from '../../src/domain/outbox.ts'
import type { Mutation } from './gateway.ts'
import type { ModelSession } from './model-central.ts'
import type { Mutant } from './world.ts'

type Sessions = (
  session: DestinationSession,
  world: { central: Destination; outbox: Outbox },
) => Partial<DestinationSession>
type Transactions = (
  transaction: DestinationTransaction,
  world: { session: DestinationSession; outbox: Outbox },
) => Partial<DestinationTransaction>

/** Changes what the sessions do, and leaves the rest as it is. */
function sessions(change: Sessions): Mutation {
  return ({ central, outbox }) => ({
    outbox,
    central: {
      connect: async (signal) => {
        const session = await central.connect(signal)
        const world = { central, outbox }
        return { ...methods(session), ...change(session, world) }
      },
    },
  })
}

function methods(session: DestinationSession): DestinationSession {
  return {
    clockOffsetMs: session.clockOffsetMs,
    head: () => session.head(),
    holdsAny: (events) => session.holdsAny(events),
    quarantineSummary: (kinds) => session.quarantineSummary(kinds),
    troubles: session.troubles,
    transaction: (work) => session.transaction(work),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}

/** Changes what the transactions do. */
function transactions(change: Transactions): Mutation {
  return sessions((session, { outbox }) => ({
    transaction: (work) =>
      session.transaction((transaction) => work(changed(transaction, change, { session, outbox }))),
  }))
}

function changed(
  transaction: DestinationTransaction,
  change: Transactions,
  world: { session: DestinationSession; outbox: Outbox },
): DestinationTransaction {
  const { head } = transaction
  return {
    head,
    begin: (identity, at) => transaction.begin(identity, at),
    apply: (events, options) => transaction.apply(events, options),
    quarantine: (refused) => transaction.quarantine(refused),
    quarantined: (after, limit) => transaction.quarantined(after, limit),
    release: (rows) => transaction.release(rows),
    advance: (to) => transaction.advance(to),
    record: (incident) => transaction.record(incident),
    ...change(transaction, world),
  }
}

function outboxes(change: (outbox: Outbox) => Partial<Outbox>): Mutation {
  return ({ central, outbox }) => ({
    central,
    outbox: new Proxy(outbox, {
      get: (target, key) => {
        const own: unknown = Reflect.get(change(target), key)
        return own ?? Reflect.get(target, key)
      },
    }),
  })
}

/** A head with our own hash in the place of central's, where we know one. */
async function withOurHash(head: StreamHead | undefined, outbox: Outbox): Promise<StreamHead | undefined> {
  const hash = head && (await outbox.hashAt(head.seq))
  return head && hash ? { ...head, hash } : head
}

const acknowledgesBeforeCommit = transactions((transaction, { outbox }) => ({
  advance: async (to) => {
    await transaction.advance(to)
    await outbox.acknowledge('central', to.seq)
  },
}))

/** Takes an unknown outcome for a good one, and goes on with a new session. */
const unknownIsDone = sessions((session) => {
  let spent = false
  const unlessSpent = async <T>(question: () => Promise<T>): Promise<T> => {
    if (spent) throw new DestinationError('central.link', 'the link is lost', { refusal: 'wait' })
    return question()
  }
  return {
    head: () => unlessSpent(() => session.head()),
    quarantineSummary: (kinds) => unlessSpent(() => session.quarantineSummary(kinds)),
    transaction: <T>(work: (transaction: DestinationTransaction) => Promise<T>): Promise<T> =>
      unlessSpent(async () => {
        let result: { readonly value: T } | undefined
        try {
          return await session.transaction(async (transaction) => {
            const value = await work(transaction)
            result = { value }
            return value
          })
        } catch (error) {
          spent = error instanceof DestinationError && error.refusal === 'unknown'
          if (spent && result) return result.value
          throw error
        }
      }),
  }
})

/** Takes an unknown outcome for a failure: goes on from its own cursor, without looking at central's. */
const unknownIsFailed: Mutation = ({ central, outbox }) => {
  const believed = async (head: StreamHead | undefined) =>
    head && { ...outbox.identity, ...(await outbox.cursor('central')) }
  return sessions((session) => ({
    head: async () => believed(await session.head()),
    transaction: (work) =>
      session.transaction(async (transaction) => {
        const head = await believed(transaction.head)
        return work(changed(transaction, () => ({ head }), { session, outbox }))
      }),
  }))({ central, outbox })
}

/** Trusts the sequence number alone. */
const comparesNoHash: Mutation = ({ central, outbox }) =>
  sessions((session) => ({
    head: async () => withOurHash(await session.head(), outbox),
    transaction: (work) =>
      session.transaction(async (transaction) => {
        const head = await withOurHash(transaction.head, outbox)
        return work(changed(transaction, () => ({ head }), { session, outbox }))
      }),
  }))({ central, outbox })

/** Looks at the head when it connects, and not again under the lock. */
const looksOnlyAtConnect = sessions((session, { outbox }) => {
  let seen: StreamHead | undefined
  return {
    head: async () => {
      seen = await session.head()
      return seen
    },
    transaction: (work) =>
      session.transaction((transaction) => {
        const advance = async (to: LogPosition) => {
          await transaction.advance(to)
          seen = seen && { ...seen, ...to }
        }
        const begin: DestinationTransaction['begin'] = async (identity, at) => {
          await transaction.begin(identity, at)
          seen = { ...identity, ...at }
        }
        const stale = () => ({ advance, begin, head: seen ?? transaction.head })
        return work(changed(transaction, stale, { session, outbox }))
      }),
  }
})

const movesTheStreamAfterwards = sessions((session, { outbox }) => ({
  transaction: async (work) => {
    let place: LogPosition | undefined
    const later = async (to: LogPosition) => {
      place = to
    }
    const result = await session.transaction((transaction) =>
      work(changed(transaction, () => ({ advance: later }), { session, outbox })),
    )
    const to = place
    if (to) await session.transaction((transaction) => transaction.advance(to))
    return result
  },
}))

/** Sets refused rows aside only after the batch has been committed. */
const quarantinesAfterwards = sessions((session, { outbox }) => ({
  transaction: async (work) => {
    const refused: (() => Parameters<DestinationTransaction['quarantine']>)[] = []
    const result = await session.transaction((transaction) =>
      work(
        changed(transaction, () => ({ quarantine: async (...row) => void refused.push(() => row) }), {
          session,
          outbox,
        }),
      ),
    )
    for (const row of refused) await session.transaction((transaction) => transaction.quarantine(...row()))
    return result
  },
}))

/** Sets refused rows aside before, in a transaction of their own, by another connection. */
const quarantinesBefore = sessions((session, { central, outbox }) => ({
  transaction: (work) =>
    session.transaction((transaction) =>
      work(
        changed(
          transaction,
          () => ({
            quarantine: async (rows) => {
              await using other = await central.connect(new AbortController().signal)
              void other.transaction((own) => own.quarantine(rows)).catch(() => {})
            },
          }),
          { session, outbox },
        ),
      ),
    ),
}))

const skipsTheLastRow = transactions((transaction) => ({
  apply: (events, options) =>
    transaction.apply(options.guarded && events.length > 1 ? events.slice(0, -1) : events, options),
}))

/** Takes whatever is refused alone for an event's own fault, whatever else is refused. */
const blamesRowsForTheTable = transactions((transaction) => ({
  apply: async (events, options) => {
    try {
      return await transaction.apply(events, options)
    } catch (error) {
      if (!(error instanceof DestinationError) || error.refusal !== 'refused' || events.length > 1)
        throw error
      throw new DestinationError(error.code, error.message, { refusal: 'row', sqlstate: error.sqlstate })
    }
  },
}))

const dropsRefusedRows = transactions(() => ({ quarantine: () => Promise.resolve() }))

/** Takes every refusal of a batch for its rows' fault: sets them aside and goes on. */
const quarantinesWhatShouldWait = sessions((session, { outbox }) => ({
  transaction: (work) =>
    session.transaction((transaction) => {
      const quarantine = () => Promise.resolve()
      const apply: DestinationTransaction['apply'] = async (events, options) => {
        const { length } = events
        if (length % 5 === 4)
          throw new DestinationError('central.row', 'no space left', { refusal: 'row', sqlstate: '53100' })
        return transaction.apply(events, options)
      }
      return work(changed(transaction, () => ({ apply, quarantine }), { session, outbox }))
    }),
}))

/** Lists the quarantine first and locks the stream after. */
const listsQuarantineUnlocked = sessions((session, { outbox }) => {
  let listed: readonly QuarantinedEvent[] = []
  return {
    quarantineSummary: async (kinds) => {
      listed = await (session as ModelSession).quarantinedUnlocked()
      return session.quarantineSummary(kinds)
    },
    transaction: (work) =>
      session.transaction((transaction) => {
        const quarantined: DestinationTransaction['quarantined'] = async (after, limit) =>
          listed.filter(({ seq }) => !after || seq > after.seq).slice(0, limit)
        return work(changed(transaction, () => ({ quarantined }), { session, outbox }))
      }),
  }
})

const forgetsToRelease = transactions(() => ({ release: () => Promise.resolve() }))

/** Keeps nothing that is acknowledged, so that a restored central cannot be refilled, and says nothing of it. */
const keepsNothing: Mutation = ({ central, outbox }) =>
  transactions((transaction) => ({
    record: (incident) => (incident.kind === 'gap' ? Promise.resolve() : transaction.record(incident)),
  }))({
    central,
    outbox: outboxes((own) => ({
      oldestKept: async () => (await own.cursor('central')).seq + 1,
      hashAt: async (seq) => (seq < (await own.cursor('central')).seq ? undefined : own.hashAt(seq)),
    }))({ central, outbox }).outbox,
  })

/** Lets a restored central catch up without its rows. */
const refillsNothing = sessions((session, { outbox }) => ({
  head: async () => {
    const head = await session.head()
    const cursor = await outbox.cursor('central')
    if (!head || head.seq >= cursor.seq) return head
    await session.transaction((transaction) => transaction.advance(cursor))
    return session.head()
  },
}))

/** Begins anew whenever the stream is missing, whatever rows central holds. */
const searchesNoRows = sessions(() => ({ holdsAny: () => Promise.resolve(false) }))

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'acknowledges before the commit': { mutate: acknowledgesBeforeCommit },
  'takes an unknown commit for done': { mutate: unknownIsDone },
  'takes an unknown commit for failed': { mutate: unknownIsFailed },
  'compares no hashes': { mutate: comparesNoHash },
  'looks at the head only at connect': { mutate: looksOnlyAtConnect },
  'moves the stream in a transaction of its own': { mutate: movesTheStreamAfterwards },
  'quarantines after the commit': { mutate: quarantinesAfterwards },
  'quarantines on another connection': { mutate: quarantinesBefore },
  'skips the last row when it searches': { mutate: skipsTheLastRow },
  'blames rows for what their table refuses': { mutate: blamesRowsForTheTable },
  'drops refused rows': { mutate: dropsRefusedRows },
  'quarantines what should wait': { mutate: quarantinesWhatShouldWait },
  'lists the quarantine without the lock': { mutate: listsQuarantineUnlocked },
  'forgets to release': { mutate: forgetsToRelease },
  'keeps nothing after the acknowledgement': { mutate: keepsNothing },
  'refills nothing': { mutate: refillsNothing },
  'begins anew over its own rows': { mutate: searchesNoRows },
  'takes no lock': { mutate: (world) => world, locks: false },
}
