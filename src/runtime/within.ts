/** The one bounded wait: for an operation of others that may never settle. */
import type { Clock } from './clock.ts'

interface Bounds {
  readonly clock: Pick<Clock, 'after'>
  /** The longest that is waited; without it only the signal ends the wait. */
  readonly maxMs?: number
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal
  /** How long after the abort the operation may still take, asked at the abort; 0 if not given. */
  readonly graceMs?: () => number
}

/** Why an operation was not waited for any longer: its time was over, or the signal was aborted. */
export type GaveUp = 'late' | 'aborted'

/**
 * The outcome of an operation, or what `giveUp` makes of the wait's end: a value, or an error that it throws. The
 * operation itself goes on, since nothing can stop it; whatever becomes of it then is ignored.
 */
export async function within<T, Instead = never>(
  operation: Promise<T>,
  bounds: Bounds,
  giveUp: (why: GaveUp) => Instead,
): Promise<T | Instead> {
  const { clock, maxMs, signal, graceMs = () => 0 } = bounds
  const gaveUp = Promise.withResolvers<GaveUp>()
  const callOffs: (() => void)[] = []
  const endAfter = (ms: number, why: GaveUp) => callOffs.push(clock.after(ms, () => gaveUp.resolve(why)))
  const onAbort = () => {
    const leftMs = graceMs()
    if (leftMs === 0) gaveUp.resolve('aborted')
    else endAfter(leftMs, 'aborted')
  }
  if (maxMs !== undefined) endAfter(maxMs, 'late')
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const done = operation.then((value) => ({ value }))
    const first = await Promise.race([done, gaveUp.promise])
    return typeof first === 'string' ? giveUp(first) : first.value
  } finally {
    for (const callOff of callOffs) callOff()
    signal?.removeEventListener('abort', onAbort)
  }
}
