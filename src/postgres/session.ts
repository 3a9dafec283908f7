/** One connection's conversation with central: every question and every push is a transaction of its own. */
import type { DestinationSession } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { Target } from '../routes/mes/apply-events.ts'
import { holdsAny } from '../routes/mes/rows-held.ts'
import { beginText, type Tenant } from '../routes/mes/tenant.ts'
import type { Link } from './link.ts'
import { commitError } from './refusal.ts'
import { createStream, headOf } from './stream.ts'
import { createTransaction } from './transaction.ts'

export function createSession(
  target: Target,
  tenant: Tenant,
  { gateway, clockOffsetMs }: { readonly gateway: string; readonly clockOffsetMs: number },
): DestinationSession {
  const { link } = target
  const begin = beginText(tenant)
  const stream = createStream(link, tenant.organizationId, gateway)

  /** Begins, locks the stream row, and learns the codes of the last batch anew: all in one round trip. */
  const beginLocked = async () => {
    const text = `${begin} ${stream.headText} FOR UPDATE; ${target.codes.againText()}`
    const [, , head, codes] = await link.script(text)
    target.codes.take(codes?.rows)
    return headOf(head?.rows[0])
  }
  /** Reads in a transaction of its own, because the tenant is set for one only. */
  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    await link.script(begin)
    const found = await read()
    await link.script('ROLLBACK')
    return found
  }

  return {
    clockOffsetMs,
    head: async () => {
      const answers = await link.script(`${begin} ${stream.headText}`)
      await link.script('ROLLBACK')
      return headOf(answers.at(-1)?.rows[0])
    },
    transaction: async (work) => {
      const transaction = createTransaction(target, stream, await beginLocked())
      const result = await work(transaction).catch((error: unknown) => abandon(link, error))
      await commit(link)
      return result
    },
    holdsAny: (events) => reading(() => holdsAny(target, events)),
    quarantined: (limit) => reading(() => stream.quarantined(undefined, limit)),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

async function abandon(link: Link, error: unknown): Promise<never> {
  await link.script('ROLLBACK').catch(() => undefined) // The link is gone, and the transaction with it.
  throw error
}

async function commit(link: Link): Promise<void> {
  const done = await link.query('COMMIT').catch((error: unknown) => {
    throw error instanceof DestinationError ? commitError(error) : error
  })
  // The server answers COMMIT with ROLLBACK where an error before it went unnoticed.
  if (done.command === 'COMMIT') return
  throw new DestinationError('central-rolled-back', `central at ${link.where} rolled the transaction back`, {
    refusal: 'wait',
  })
}
