/**
 * Sends the pages of a batch in the transaction that is open: each while central still writes the rows of the one before, and the move of
 * the stream behind the rows of the last.
 */
import type { NextPage, Page, RefusedEvent } from '../../domain/destination.ts'
import { pageBehind, positionBehind } from '../../domain/next-page.ts'
import type { LogPosition, StoredEvent } from '../../domain/outbox.ts'
import { answers } from '../../postgres/transaction.ts'
import type { SentBehind } from './apply.ts'
import type { Touched } from './machine-status.ts'

/** What pages are sent with. */
interface SendParts {
  /** Writes rows; `behind` is called once they are on their way. */
  readonly apply: (asked: readonly StoredEvent[], behind: SentBehind) => Promise<readonly RefusedEvent[]>
  readonly touch: (touched: readonly Touched[]) => void
  /** Moves the stream; absent where that must wait for the answers to the rows. */
  readonly move: ((to: LogPosition) => Promise<unknown>) | undefined
}

/** What was sent, and answered. */
interface SentPages {
  readonly at: LogPosition
  readonly passed: readonly StoredEvent[]
  /** What could not be written. */
  readonly setAside: readonly RefusedEvent[]
  readonly isMoved: boolean
}

/**
 * Sends pages for as long as more follow. It returns, or throws, only once nothing more will be sent: whatever came behind the end of the
 * transaction would be written outside it.
 * @throws DestinationError the first refusal
 */
export async function sendPages(
  { first, more }: { readonly first: Page; readonly more: NextPage },
  { apply, touch, move }: SendParts,
): Promise<SentPages> {
  const passed: StoredEvent[] = []
  const answered: Promise<readonly RefusedEvent[]>[] = []
  let isMoved = false
  let page: Page | undefined = first
  while (page) {
    const { wanted, events, isLast } = page
    const onItsWay = Promise.withResolvers<void>()
    passed.push(...events)
    const answer = apply(wanted, async (touched) => {
      touch(touched)
      onItsWay.resolve()
      if (!isLast || !move) return
      isMoved = true
      await move(positionBehind(events))
    }).finally(onItsWay.resolve)
    answered.push(answer)
    // Pages are sent in their order, also where central is asked something before the rows of one can be sent.
    await onItsWay.promise
    page = await pageBehind(page, answer.catch(thrownBelow), more)
  }
  const setAside = (await answers(answered)).flat()
  return { at: positionBehind(passed), passed, setAside, isMoved }
}

/** A refusal is thrown by {@link answers}, which finds the first one: that is the cause of the others. */
function thrownBelow(): void {}
