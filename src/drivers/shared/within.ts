/** A bound for work of others that may never settle. */
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'

/**
 * The outcome of `work`, unless it takes longer than `ms` or `signal` is aborted first; its own outcome is then ignored.
 * @throws LinkLost what `late` makes, or a plain one after an abort
 */
export async function within<T>(
  bounds: { readonly ms: number; readonly context: DriverContext; readonly signal?: AbortSignal },
  work: Promise<T>,
  late: () => LinkLost,
): Promise<T> {
  const { promise: bound, reject } = Promise.withResolvers<never>()
  const cancel = bounds.context.after(bounds.ms, () => reject(late()))
  const onAbort = () => reject(new LinkLost('stopped', { code: 'link-stopped' }))
  bounds.signal?.addEventListener('abort', onAbort)
  if (bounds.signal?.aborted) onAbort()
  try {
    return await Promise.race([work, bound])
  } finally {
    cancel()
    bounds.signal?.removeEventListener('abort', onAbort)
  }
}
