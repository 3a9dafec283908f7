/** What follows in a transaction that takes events page by page, and where it ends. */
import type { NextPage, Page } from './destination.ts'
import type { LogPosition, StoredEvent } from './outbox.ts'

/**
 * The page behind one that is on its way; undefined where none follows, or it is not there before the answer: no transaction is kept open
 * for want of events.
 * @throws what the answer throws
 */
export async function pageBehind(
  { isLast }: Page,
  answer: Promise<unknown>,
  more: NextPage,
): Promise<Page | undefined> {
  const next = more()
  return isLast ? undefined : Promise.race([next, answer.then(() => undefined)])
}

/** The position behind events. */
export function positionBehind(events: readonly StoredEvent[]): LogPosition {
  const last = events.at(-1)
  if (!last) throw new Error('a position is behind at least one event')
  return { seq: last.seq, hash: last.hash }
}
