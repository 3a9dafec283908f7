/** The last push of a stop: the events of the last moments reach the destinations that are connected now, and not at the next start. */
import type { Outbox } from '../domain/outbox.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Uploader } from './upload.ts'

/** Between two looks at what is still pending. */
const LOOK_MS = 50

/**
 * Waits until nothing is pending for the destinations that are connected, or the stage's time is over. What was handed to the outbox last,
 * such as the ends of connections, counts as pending only once it is on disk: an empty entry behind it says when.
 */
export async function lastPush(
  uploaders: () => readonly Pick<Uploader, 'health'>[],
  outbox: Pick<Outbox, 'append' | 'stats'>,
  { clock, budget }: { readonly clock: Clock; readonly budget: StopBudget },
): Promise<void> {
  await outbox.append({ at: clock.now(), events: [], states: {} })
  for (;;) {
    const routes = uploaders().map((uploader) => uploader.health().summary)
    const connected = routes.filter(({ state }) => state === 'connected').map(({ route }) => route)
    const { consumers } = await outbox.stats()
    if (consumers.every(({ name, pending }) => pending === 0 || !connected.includes(name))) return
    const leftMs = budget.leftMs('last push')
    if (leftMs === 0) return
    await clock.sleep(Math.min(LOOK_MS, leftMs))
  }
}
