/**
 * A model of central: one row lock on the stream, transactions that see only what is committed, and a network that can fail
 * between any two messages. A transaction may outlive its client: it keeps its lock until it is committed or rolled back.
 */
import type {
  Destination,
  DestinationSession,
  DestinationTransaction,
  QuarantinedEvent,
} from '../../src/domain/destination.ts'
import { DestinationError, type Refusal } from '../../src/domain/errors.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import {
  asLanded,
  type Database,
  holds,
  isAfter,
  refusal,
  refusalOf,
  released,
  sift,
  summaryOf,
  unreleased,
} from './model-database.ts'
import { createLock } from './model-lock.ts'
import type { Random } from './random.ts'

const LOCK_TIMEOUT_MS = 10_000
/** After this long the server ends a transaction whose client is silent. */
const IDLE_IN_TRANSACTION_MS = 30_000

/** What can go wrong now; each a probability for one message, or a period. */
export interface Weather {
  /** The link breaks, before or after the message arrived. */
  linkBreaks: number
  /** No answer ever comes. */
  hangs: number
  /** Of commits: the answer is lost, and the commit was done, was not, or is done later. */
  commitUnknown: number
  down: boolean
  /** Refuses every write: disk full or a missing privilege; `table`: every new row, because the sequence is exhausted. */
  refuses: 'nothing' | 'disk full' | 'no privilege' | 'table' | 'read-only'
  /** Of commits: refused because of a concurrent transaction (40001). */
  serialization?: number
  /** It takes no further connections. */
  isCrowded?: boolean
  /** A machine that somebody holds: rows cannot be inserted for it. */
  locked?: string | undefined
}

export const FAIR: Weather = { linkBreaks: 0, hangs: 0, commitUnknown: 0, down: false, refuses: 'nothing' }

export interface ModelCentral {
  readonly database: Database
  /** Every state that was ever committed, oldest first. */
  readonly history: readonly Database[]
  readonly machines: Set<string>
  /** Whether a transaction is open. */
  readonly isBusy: boolean
  weather: Weather
  /** A destination for one client. `hangUp`: the client has died, and the server ends what it left open. */
  client(): { readonly central: Destination; hangUp(): void }
  /** Central is restored to this state. All connections and transactions are gone. */
  restore(database: Database): void
  /** An administrator's own statement, under the lock. */
  administer(change: (database: Database) => Database): Promise<void>
}

/** What else can be asked of this central, by those who make a mistake of it. */
export interface ModelSession extends DestinationSession {
  /** What is set aside, read without the lock. */
  quarantinedUnlocked(): Promise<readonly QuarantinedEvent[]>
}

interface ServerTransaction {
  phase: 'open' | 'committing' | 'ended'
  /** Whether the table takes no rows: whoever alters it waits for the transactions that use it. */
  readonly table: boolean
  view: Database
  readonly changes: ((database: Database) => Database)[]
  unlock: () => void
}

interface Connection {
  lost: boolean
  spent: boolean
  transaction: ServerTransaction | undefined
}

export function createModelCentral(
  clock: Clock,
  random: Random,
  committed: (database: Database) => void,
  options: { readonly locks: boolean } = { locks: true },
): ModelCentral {
  let database: Database = {
    stream: undefined,
    deleted: undefined,
    landed: [],
    quarantine: [],
    incidents: [],
  }
  const history: Database[] = [database]
  const machines = new Set<string>()
  const connections = new Set<Connection>()
  let unfinished = new Set<ServerTransaction>()
  let lock = createLock(clock)
  let weather = FAIR

  const latencyMs = () => (random.chance(0.02) ? random.between(500, 3_000) : random.between(1, 30))

  function end(transaction: ServerTransaction, how: 'commit' | 'abort'): void {
    if (transaction.phase === 'ended') return
    transaction.phase = 'ended'
    unfinished.delete(transaction)
    if (how === 'commit' && transaction.changes.length > 0) {
      database = transaction.changes.reduce((before, change) => change(before), database)
      history.push(database)
      committed(database)
    }
    transaction.unlock()
  }

  /** The server notices a lost client at once or much later. */
  function lose(connection: Connection, withinMs: number): void {
    connection.lost = true
    const { transaction } = connection
    if (transaction?.phase === 'open')
      clock.after(
        random.between(0, withinMs),
        () => transaction.phase === 'open' && end(transaction, 'abort'),
      )
  }

  /** One message to the server and back. */
  async function roundTrip<T>(connection: Connection, work: () => T | Promise<T>): Promise<T> {
    if (connection.spent) throw new Error('the uploader used a session that was spent')
    try {
      await clock.sleep(latencyMs())
      if (weather.down || connection.lost || random.chance(weather.linkBreaks)) {
        lose(connection, 10_000)
        throw lost('wait')
      }
      if (random.chance(weather.hangs)) {
        lose(connection, IDLE_IN_TRANSACTION_MS)
        await new Promise(() => {})
      }
      const answer = await work()
      await clock.sleep(latencyMs())
      if (connection.lost) throw lost('wait')
      return answer
    } catch (error) {
      if (error instanceof DestinationError && !error.isAboutRows) connection.spent = true
      throw error
    }
  }

  async function begin(connection: Connection): Promise<ServerTransaction> {
    const table = weather.refuses === 'table'
    const open: ServerTransaction = { phase: 'open', table, view: database, changes: [], unlock: () => {} }
    connection.transaction = open
    if (!options.locks || !database.stream) {
      unfinished.add(open)
      return open
    }
    await take(open)
    unfinished.add(open)
    open.view = database
    return open
  }

  async function take(transaction: ServerTransaction): Promise<void> {
    const unlock = options.locks ? await lock.take(LOCK_TIMEOUT_MS) : () => {}
    if (!unlock) throw refusal('wait', '55P03', 'lock timeout')
    if (transaction.phase === 'ended') {
      unlock()
      throw lost('wait')
    }
    transaction.unlock = unlock
  }

  async function commit(connection: Connection, transaction: ServerTransaction): Promise<void> {
    await clock.sleep(latencyMs())
    if (connection.lost || weather.down) {
      // The COMMIT may have been on its way when the client died.
      if (random.chance(0.5)) end(transaction, 'commit')
      lose(connection, 10_000)
      connection.spent = true
      throw lost('unknown')
    }
    if (weather.serialization && random.chance(weather.serialization)) {
      end(transaction, 'abort')
      connection.spent = true
      throw refusal('wait', '40001', 'could not serialize access')
    }
    if (random.chance(weather.commitUnknown)) {
      connection.spent = true
      connection.lost = true
      const outcome = random.pick(['done', 'not done', 'done later', 'not done later'])
      const endIt = () => end(transaction, outcome.startsWith('done') ? 'commit' : 'abort')
      if (outcome.endsWith('later')) {
        transaction.phase = 'committing'
        clock.after(random.between(100, 25_000), endIt)
      } else endIt()
      throw lost('unknown')
    }
    end(transaction, 'commit')
    await clock.sleep(latencyMs())
    if (connection.lost) {
      connection.spent = true
      throw lost('unknown')
    }
  }

  function clientTransaction(connection: Connection, server: ServerTransaction): DestinationTransaction {
    let poisoned = false
    const statement = <T>(work: () => T | Promise<T>) =>
      roundTrip(connection, () => {
        if (poisoned) throw new Error('the uploader used a transaction that was spent')
        if (server.phase !== 'open') throw lost('wait')
        return work()
      })
    const change = (how: (before: Database) => Database) => {
      if (weather.refuses === 'disk full')
        throw refusal('wait', '53100', 'could not extend file: no space left')
      if (weather.refuses === 'no privilege') throw refusal('wait', '42501', 'permission denied')
      if (weather.refuses === 'read-only') throw refusal('wait', '25006', 'the server is read-only')
      server.view = how(server.view)
      server.changes.push(how)
    }
    return {
      head: server.view.stream,
      begin: (identity, at) =>
        statement(async () => {
          await take(server)
          if (database.stream) throw refusal('wait', '23505', 'the stream has begun already')
          change((before) => ({ ...before, stream: { ...identity, ...at }, deleted: undefined }))
        }),
      apply: (events, { guarded }) =>
        statement(() => {
          const { leftOut, landing } = sift(events, server.view, machines)
          const locked = new Set(weather.locked === undefined ? [] : [weather.locked])
          const refused = refusalOf(landing, { locked, table: server.table })
          if (refused) {
            poisoned = !guarded
            throw refused
          }
          if (landing.length > 0)
            change((before) => ({ ...before, landed: [...before.landed, ...landing.map(asLanded)] }))
          return leftOut
        }),
      quarantine: (refused) =>
        statement(() => {
          const { incarnation = '' } = server.view.stream ?? {}
          const rows = refused.map(({ event: { seq, event, capturedAtMs }, reason }) => ({
            incarnation,
            seq,
            event,
            capturedAtMs,
            reason,
            released: false,
          }))
          change((before) => ({ ...before, quarantine: [...before.quarantine, ...rows] }))
        }),
      quarantined: (after, limit) =>
        statement(() =>
          unreleased(server.view)
            .filter((row) => isAfter(row, after))
            .slice(0, limit),
        ),
      release: (rows) => statement(() => change((before) => released(before, rows))),
      advance: (to) =>
        statement(() => {
          if (!server.view.stream) throw refusal('wait', 'P0002', 'there is no stream to advance')
          change((before) => ({ ...before, stream: before.stream && { ...before.stream, ...to } }))
        }),
      record: (incident) =>
        statement(() => change((before) => ({ ...before, incidents: [...before.incidents, incident] }))),
    }
  }

  function session(connection: Connection): ModelSession {
    return {
      clockOffsetMs: 0,
      head: () => roundTrip(connection, () => database.stream),
      holdsAny: (events) => roundTrip(connection, () => holds(database, events)),
      quarantineSummary: (kinds) => roundTrip(connection, () => summaryOf(database, kinds)),
      quarantinedUnlocked: () => roundTrip(connection, () => unreleased(database)),
      troubles: [],
      transaction: async (work) => {
        const server = await roundTrip(connection, () => begin(connection))
        try {
          const result = await work(clientTransaction(connection, server))
          await commit(connection, server)
          return result
        } catch (error) {
          // A client that is told "no" rolls back; one that is cut off cannot.
          if (!connection.lost) end(server, 'abort')
          throw error
        }
      },
      [Symbol.asyncDispose]: async () => {
        await clock.sleep(latencyMs())
        connections.delete(connection)
        if (connection.transaction?.phase === 'open') end(connection.transaction, 'abort')
      },
    }
  }

  return {
    get database() {
      return database
    },
    history,
    machines,
    get isBusy() {
      return unfinished.size > 0
    },
    get weather() {
      return weather
    },
    set weather(next) {
      weather = next
    },
    client: () => {
      const mine = new Set<Connection>()
      return {
        central: {
          connect: async () => {
            const connection: Connection = { lost: false, spent: false, transaction: undefined }
            await roundTrip(connection, () => {
              if (weather.isCrowded) throw refusal('wait', '53300', 'too many connections')
            })
            connections.add(connection)
            mine.add(connection)
            return session(connection)
          },
        },
        hangUp: () => {
          for (const connection of mine) lose(connection, 5_000)
        },
      }
    },
    restore: (older) => {
      for (const connection of connections) connection.lost = true
      for (const transaction of unfinished) transaction.phase = 'ended'
      unfinished = new Set()
      lock = createLock(clock)
      database = older
      history.push(database)
    },
    administer: async (how) => {
      const current = lock
      const unlock = await current.take(Number.MAX_SAFE_INTEGER)
      if (current === lock) {
        database = how(database)
        history.push(database)
      }
      unlock?.()
    },
  }
}

function lost(refused: Refusal): DestinationError {
  return new DestinationError('central.link', 'the link to central is lost', { refusal: refused })
}
