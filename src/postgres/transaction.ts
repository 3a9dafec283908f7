/** Transactions on a link. The route makes the text that begins them; none counts as committed unless the server says so. */
import { randomUUID } from 'node:crypto'
import { DestinationError } from '../domain/errors.ts'
import { unreadable } from './guard.ts'
import type { Link } from './link.ts'
import { commitError } from './refusal.ts'

/** The constraints that may be deferred are, because an earlier run of events has made all of them immediate. */
const DEFERRED = 'SET CONSTRAINTS ALL DEFERRED'

/**
 * For {@link guarded}: a run of events waits only so long for somebody's lock, since a search meets the same lock several times.
 */
export const GUARDED = `SET LOCAL lock_timeout = '300ms'; ${DEFERRED}`

/**
 * Runs `work` in a transaction that is open already, and commits it; after an error it is rolled back.
 * @throws DestinationError `unknown` when the outcome of the commit is not known
 */
export async function committing<T>(link: Link, work: Promise<T>): Promise<T> {
  const result = await work.catch((error: unknown) => abandon(link, error))
  await commit(link)
  return result
}

/** Reads in a transaction of its own, because the tenant is set for one transaction only. `begin` is the text that begins it. */
export async function reading<T>(link: Link, begin: string, read: () => Promise<T>): Promise<T> {
  await link.script(begin)
  const found = await read().catch((error: unknown) => abandon(link, error))
  await link.script('ROLLBACK')
  return found
}

/**
 * Runs `work` so that a refusal of rows leaves the transaction usable; any other error ends it. `settings` are statements without
 * parameters that hold for the work. They travel together with it, and so does the end of a savepoint with what follows.
 */
export async function guarded<T>(link: Link, settings: string, work: () => Promise<T>): Promise<T> {
  const begun = link.script(`SAVEPOINT guarded; ${settings}`)
  begun.catch(() => undefined) // Seen below, after the work's own error.
  try {
    const result = await work()
    await begun
    unwatched(link.script('RELEASE SAVEPOINT guarded'))
    return result
  } catch (error) {
    if (error instanceof DestinationError && error.isAboutRows)
      await link.script('ROLLBACK TO SAVEPOINT guarded; RELEASE SAVEPOINT guarded')
    throw error
  }
}

/** To be called before each run of events of one transaction that is not guarded: each finds the constraints as the first one does. */
export function createDeferral(link: Link): () => void {
  let isFirst = true
  return () => {
    if (!isFirst) unwatched(link.script(DEFERRED))
    isFirst = false
  }
}

/** Runs `work` in a savepoint, and takes back what it wrote where its result says so. An error is left to whoever is around it. */
export async function undoable<T>(
  link: Link,
  work: () => Promise<T>,
  isToUndo: (result: T) => boolean,
): Promise<T> {
  const begun = link.script('SAVEPOINT attempt')
  begun.catch(() => undefined) // Seen below, after the work's own error.
  const result = await work()
  await begun
  if (isToUndo(result)) await link.script('ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt')
  else unwatched(link.script('RELEASE SAVEPOINT attempt'))
  return result
}

/** What the server says to each statement behind the one that was refused. */
const IN_FAILED_TRANSACTION = '25P02'

/**
 * Waits for statements that were sent without waiting in between. Each may be several, of which the later ones are sent once the first is
 * answered: behind those that come after it in the list.
 * @throws the error of the first of them that failed: after it, the server refuses the others for its sake
 */
export async function answers<T>(sent: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(sent)
  const errors = settled.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
  if (errors.length > 0) throw errors.find((error) => !isForAnothersSake(error)) ?? errors[0]
  return settled.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}

function isForAnothersSake(error: unknown): boolean {
  return error instanceof DestinationError && error.sqlstate === IN_FAILED_TRANSACTION
}

/** A statement that cannot fail while the link holds. If it does all the same, what follows in the transaction fails too. */
function unwatched(sent: Promise<unknown>): void {
  sent.catch(() => undefined)
}

async function abandon(link: Link, error: unknown): Promise<never> {
  await link.script('ROLLBACK').catch(() => undefined) // The link is gone, and the transaction with it.
  throw error
}

async function commit(link: Link): Promise<void> {
  const { name, where } = link.peer
  // Answers carry no number, so this one is made to: one of another commit, held up on the way, is not taken for it.
  const token = randomUUID()
  const [done, proof] = await link.script(`COMMIT; SELECT '${token}' AS token`).catch((error: unknown) => {
    throw error instanceof DestinationError ? commitError(error, link.peer) : error
  })
  if (proof?.rows[0]?.token !== token)
    throw commitError(unreadable(link.peer, 'that of another commit'), link.peer)
  // The server answers COMMIT with ROLLBACK where an error before it went unnoticed.
  if (done?.command === 'COMMIT') return
  throw new DestinationError(`${name}-rolled-back`, `${name} at ${where} rolled the transaction back`, {
    refusal: 'wait',
  })
}
