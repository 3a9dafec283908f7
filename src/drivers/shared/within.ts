/** A time limit for work of a library that may never settle. */
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'

/**
 * The outcome of `work`, unless it takes longer than `ms` or `signal` is aborted first. The work itself goes on then, and
 * what becomes of it is ignored.
 * @throws LinkLost made by `late`, or one with code `stopped` after an abort
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
