/** A time limit for work of a library that may never settle: the bounded wait of `runtime/within.ts`, in the words of links. */
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { within as bounded } from '../../runtime/within.ts'

/**
 * The outcome of `work`, unless it takes longer than `ms` or `signal` is aborted first. The work itself goes on then, and
 * what becomes of it is ignored.
 * @throws LinkLost made by `late`, or one with the code `link-stopped` after an abort
 */
export function within<T>(
  {
    ms,
    context,
    signal,
  }: { readonly ms: number; readonly context: DriverContext; readonly signal?: AbortSignal },
  work: Promise<T>,
  late: () => LinkLost,
): Promise<T> {
  return bounded(work, { clock: context, maxMs: ms, ...(signal && { signal }) }, (why) => {
    throw why === 'late' ? late() : new LinkLost('stopped', { code: 'link-stopped' })
  })
}
