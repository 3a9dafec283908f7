/**
 * Keeps one link up: the only reconnect loop there is. What a link yields is its source's affair.
 *
 * A link counts as up with the first item that it yields: a port that accepts connections is not yet a device. Nothing is
 * decided here about what a loss means, and no error but a lost link is caught.
 */
import { LinkLost } from '../domain/errors.ts'
import type { Instant } from '../domain/instant.ts'
import { backoff } from '../runtime/backoff.ts'
import type { Clock } from '../runtime/clock.ts'

/**
 * Whatever has answered is tried again at once, but attempts begin at least this far apart: some devices end each connection
 * right after their first answer.
 */
const RECONNECT_MIN_MS = 500
/** A device that is back is read within 2 s. Of these, making contact may take more than one. */
const RECONNECT_MAX_MS = 900

/** What a driver or a scanner gives: it yields until the link is lost, and then throws LinkLost. Disposing closes it. */
interface YieldingLink<Item> extends AsyncIterable<Item>, AsyncDisposable {}

/** A device as the loop sees it: how its link is made, and what happens with what it yields. */
export interface LinkSource<Item> {
  /** For messages: the id of the device. */
  readonly name: string
  /** @throws LinkLost */
  connect(signal: AbortSignal): Promise<YieldingLink<Item>>
  /** The link yields its first item. `connectedAt` is from before it. */
  up(connectedAt: Instant): Promise<void>
  /** The next item. A promise makes the link wait. */
  take(item: Item): Promise<void> | undefined
  /** The link is lost, or could not be made. Called for each attempt. */
  down(fault: LinkLost): Promise<void>
}

interface KeepingOptions {
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
}

/**
 * Connects again and again until aborted: at once after a link that yielded something, at growing intervals otherwise.
 * @throws whatever is not a lost link: an error of the source or of whoever takes its items
 */
export async function keepLink<Item>(
  source: LinkSource<Item>,
  { clock, random }: KeepingOptions,
  signal: AbortSignal,
): Promise<void> {
  const delays = backoff({ minMs: RECONNECT_MIN_MS, maxMs: RECONNECT_MAX_MS, random })

  let hasYielded = false

  async function follow(): Promise<void> {
    hasYielded = false
    await using link = await source.connect(signal)
    const connectedAt = clock.now()
    for await (const item of link) {
      if (!hasYielded) await source.up(connectedAt)
      hasYielded = true
      delays.reset()
      const waiting = source.take(item)
      if (waiting) await waiting
    }
    if (!signal.aborted) throw new LinkLost(`${source.name}: the driver ended by itself`)
  }

  function delayMs(beganMs: number): number {
    return hasYielded ? Math.max(0, beganMs + RECONNECT_MIN_MS - clock.now().monoMs) : delays.next()
  }

  while (!signal.aborted) {
    const beganMs = clock.now().monoMs
    try {
      await follow()
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof LinkLost)) throw error
      await source.down(error)
    }
    await clock.sleep(delayMs(beganMs), signal)
  }
}
