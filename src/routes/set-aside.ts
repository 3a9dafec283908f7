/** What is set aside for a route, wherever it lies: for people to look at, beside the uploader. */
import type { DestinationSession, QuarantinedEvent, QuarantineKey, Route } from '../domain/destination.ts'
import type { Recipient } from '../domain/recipient.ts'
import { allQuarantined, openLedger } from './mes/ledger.ts'
import { CENTRAL } from './mes/route.ts'
import type { CentralSettings } from './mes/settings.ts'

/** Rows asked for at a time: the gateway waits for the stream as long. */
const PAGE_ROWS = 500

interface Visit {
  readonly settings: CentralSettings
  /** Whom the log was delivered to last. */
  readonly last: Recipient | undefined
  readonly signal: AbortSignal
}

/** In key order. Central is only read, without a lock; of other routes each page is read under the lock of the stream. */
export async function* setAsideFor(
  route: Route,
  { settings, last, signal }: Visit,
): AsyncGenerator<QuarantinedEvent> {
  if (route.name === CENTRAL) {
    await using ledger = await openLedger(settings, signal, last)
    yield* allQuarantined(ledger)
  } else {
    await using session = await route.destination.connect(signal, last)
    yield* pagesOf(session)
  }
}

async function* pagesOf(session: DestinationSession): AsyncGenerator<QuarantinedEvent> {
  let after: QuarantineKey | undefined
  do {
    const from = after
    const rows = await session.transaction((transaction) => transaction.quarantined(from, PAGE_ROWS))
    yield* rows
    after = rows.length < PAGE_ROWS ? undefined : rows.at(-1)
  } while (after)
}
