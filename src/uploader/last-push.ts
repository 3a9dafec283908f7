/** The last push of a stop: the events of the last moments reach the destinations that are connected now, and not at the next start. */
import type { Outbox } from '../domain/outbox.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Uploader } from './upload.ts'

/** Between two looks at what is still pending. */
const LOOK_MS = 50

/**
 * Waits until nothing is pending for the destinations that are connected, or the time is over that the stop's budget has for this. What was handed to the outbox last,
 * such as the ends of connections, counts as pending only once it is on disk.
 */
export async function lastPush(
  uploaders: () => readonly Pick<Uploader, 'health'>[],
  outbox: Pick<Outbox, 'stats'>,
  { clock, budget }: { readonly clock: Clock; readonly budget: StopBudget },
): Promise<void> {
  for (;;) {
    const routes = uploaders().map((uploader) => uploader.health().summary)
    const connected = routes.filter(({ state }) => state === 'connected').map(({ route }) => route)
    const { consumers, uncommitted } = await outbox.stats()
    const isPushed = consumers.every(({ name, pending }) => pending === 0 || !connected.includes(name))
    if (isPushed && uncommitted === 0) return
    const leftMs = budget.leftMs('last push')
    if (leftMs === 0) return
    await clock.sleep(Math.min(LOOK_MS, leftMs))
  }
}
