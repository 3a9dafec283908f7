/**
 * Gives up rows in quarantine that nobody wants, such as those of a machine whose code was misspelt for a minute. They stay where they
 * lie as released; who gave them up, when and why is written down as an incident, in the same transaction.
 */
import type {
  DestinationSession,
  DestinationTransaction,
  Incident,
  QuarantinedEvent,
  QuarantineKey,
} from '../domain/destination.ts'

/** Rows given up in one transaction. */
const PAGE_ROWS = 200

/** Who gives rows up, and why. */
interface GivingUp {
  readonly why: string
  readonly by: string
}

interface GivenUpRows {
  readonly discarded: number
  readonly left: number
}

/**
 * Gives up all rows that are chosen, or none: under the lock of the stream, so that the gateway cannot land one of them meanwhile.
 * @param choose picks those that are meant out of all that are set aside
 * @returns how many were given up, and how many are still set aside
 * @throws DestinationError
 */
export function giveUpRows(
  session: DestinationSession,
  choose: (rows: readonly QuarantinedEvent[]) => readonly QuarantinedEvent[],
  audit: GivingUp,
): Promise<GivenUpRows> {
  return session.transaction(async (transaction) => {
    const rows = await allOf(transaction)
    const meant = choose(rows)
    await transaction.release(meant)
    for (let at = 0; at < meant.length; at += PAGE_ROWS) {
      const page = meant.slice(at, at + PAGE_ROWS).map((row) => transaction.record(discardOf(row, audit)))
      // All on their way before the first is answered: over a slow link thousands of them would hold the stream for minutes.
      await Promise.all(page)
    }
    return { discarded: meant.length, left: rows.length - meant.length }
  })
}

function discardOf({ incarnation, seq, event, reason }: QuarantinedEvent, audit: GivingUp): Incident {
  const detail = { incarnation, seq, subject: event.subject, at: event.at, refused: reason, ...audit }
  return { kind: 'discard', detail }
}

async function allOf(transaction: DestinationTransaction): Promise<readonly QuarantinedEvent[]> {
  const rows: QuarantinedEvent[] = []
  let after: QuarantineKey | undefined
  do {
    const page = await transaction.quarantined(after, PAGE_ROWS)
    rows.push(...page)
    after = page.length < PAGE_ROWS ? undefined : page.at(-1)
  } while (after)
  return rows
}
