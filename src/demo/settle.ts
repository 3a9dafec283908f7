import { setTimeout as wait } from 'node:timers/promises'

const LOOK_EVERY_MS = 50

/** Waits for a condition. @returns whether it came true in time; an abort ends the wait with its reason as an error */
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
