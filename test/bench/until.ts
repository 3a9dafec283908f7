/** Waiting for what another process brings about. */
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Asks again and again until the answer is not undefined.
 * @throws Error that says what was waited for
 */
export async function until<T>(
  what: string,
  options: { readonly maxMs: number; readonly everyMs: number },
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadlineMs = performance.now() + options.maxMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() > deadlineMs) throw new Error(`waited ${options.maxMs} ms in vain for ${what}`)
    await wait(options.everyMs)
  }
}
