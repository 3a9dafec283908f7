/** Waits for what another process brings about, by looking again and again. */
import { setTimeout as wait } from 'node:timers/promises'

const LOOK_EVERY_MS = 50

/**
 * Waits until a condition holds.
 * @returns whether it did in time
 * @throws the reason of the signal, where that is aborted first
 */
export async function settle(
  condition: () => boolean,
  options: { readonly withinMs: number; readonly signal?: AbortSignal },
): Promise<boolean> {
  const deadlineMs = performance.now() + options.withinMs
  while (!condition()) {
    options.signal?.throwIfAborted()
    if (performance.now() > deadlineMs) return false
    await wait(LOOK_EVERY_MS)
  }
  return true
}
