/** A mapped route brings each event into a site's tables exactly once, whatever happens, in the MES's database and in another one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DestinationSession, DestinationTransaction } from '../../../src/domain/destination.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import {
  changed,
  cursorOf,
  FAULTS,
  type Fault,
  fork,
  kills,
  type Mutation,
  mended,
  resetLedger,
} from '../../support/ledger-faults.ts'
import { LEDGER_ROWS, otherDatabase } from '../../support/ledger-site.ts'

let database: TestCentral
let other: TestCentral

beforeAll(async () => {
  database = await startTestCentral()
  other = await otherDatabase(database)
})
afterAll(() => database[Symbol.asyncDispose]())

describe.each([
  ['in the same database', 'same'],
  ['in another database', 'other'],
  ['riding along in the transactions of the MES', 'riding'],
] as const)('%s', (_, place) => {
  test.each(Object.entries(FAULTS))('through %s', { timeout: 120_000 }, async (_, fault) => {
    const setting = { database: place === 'other' ? other : database, place }
    await resetLedger(setting)
    expect(await fault(setting)).toEqual([])
  })
})

/** Changes the calls of every transaction. */
function transactions(
  change: (transaction: DestinationTransaction) => Partial<DestinationTransaction>,
): Mutation {
  return {
    session: (session) =>
      changed<DestinationSession>(session, {
        transaction: (work) =>
          session.transaction((transaction) => work(changed(transaction, change(transaction)))),
      }),
  }
}

/** The position moves in a transaction of its own, behind the one of the rows. */
const movedApart: Mutation = {
  session: (session) =>
    changed<DestinationSession>(session, {
      transaction: async (work) => {
        let moved: Parameters<DestinationTransaction['advance']>[0] | undefined
        const advance: DestinationTransaction['advance'] = async (to) => {
          moved = to
        }
        const result = await session.transaction((transaction) => work(changed(transaction, { advance })))
        const to = moved
        if (to) await session.transaction((transaction) => transaction.advance(to))
        return result
      },
    }),
}

/** What the log's own cursor says is believed; nobody asks the database how far it has come, or locks that. */
const believed: Mutation = {
  session: (session, outbox) =>
    changed<DestinationSession>(session, {
      head: async () => (await session.head()) && (await cursorOf(outbox)),
      transaction: async (work) => {
        const head = await cursorOf(outbox)
        return await session.transaction((transaction) =>
          work(transaction.head ? changed(transaction, { head }) : transaction),
        )
      },
    }),
}

const PARTS = Array.from({ length: 9 }, (_, index) => `P-${index + 1}: ${index + 1}`).slice(0, 8)

const MUTANTS: Readonly<Record<string, readonly [Mutation, Fault, RegExp]>> = {
  'the position moves in another transaction': [movedApart, kills, /twice/],
  'the position in the database is not asked, and not locked': [believed, kills, /twice/],
  'the position is believed to be one’s own': [believed, fork, /should not/],
  'what was looked up is kept for ever': [
    {
      rows: LEDGER_ROWS.replace(
        '{lookup: parts.code, by: data, take: id}',
        `{from: data, map: {${PARTS.join(', ')}}}`,
      ),
    },
    mended,
    /moves: .* P-9 .* is missing/,
  ],
  'what is refused is dropped': [
    transactions(() => ({ quarantine: async () => undefined })),
    mended,
    /quarantine: .* is missing/,
  ],
  'events are written in another order': [
    transactions((transaction) => ({
      apply: (events, options) => transaction.apply(events.toReversed(), options),
    })),
    mended,
    /the order is another one|orders: .* is missing/,
  ],
  'the same content is written again': [
    { rows: LEDGER_ROWS.replace('    once_per: hash\n', '') },
    mended,
    /requests: .* twice/,
  ],
  'a refusal of a function is taken for its consent': [
    { rows: LEDGER_ROWS.replace('    refused_when: {status: {not: 0}}\n', '') },
    mended,
    /bookings: BAD/,
  ],
  'what is set aside is released before it has landed': [
    transactions((transaction) => ({
      quarantined: async (...args) => {
        const rows = await transaction.quarantined(...args)
        await transaction.release(rows)
        return rows
      },
    })),
    mended,
    /quarantine: .* is missing/,
  ],
  'when it was stored is forgotten of what is set aside': [
    transactions((transaction) => ({
      quarantined: async (...args) =>
        (await transaction.quarantined(...args)).map((row) => ({ ...row, capturedAtMs: 0 })),
    })),
    mended,
    /moves: .* is missing/,
  ],
}

describe('a mistake is found', () => {
  test.each(Object.entries(MUTANTS))('%s', { timeout: 120_000 }, async (_, [mutation, fault, finding]) => {
    const setting = { database, place: 'same', mutation } as const
    await resetLedger(setting)
    const findings = await fault(setting)
    expect(findings.join('\n')).toMatch(finding)
  })
})
