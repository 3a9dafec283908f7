/** The last push of a stop: the events of the last moments reach the destinations that are connected now, and not at the next start. */
import type { Outbox } from '../domain/outbox.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Uploader } from './upload.ts'

/** Between two looks at what is still pending. */
const LOOK_MS = 50

/** Waits until nothing is pending, no destination is connected, or the stage's time is over. */
export async function lastPush(
  uploaders: readonly Pick<Uploader, 'health'>[],
  outbox: Pick<Outbox, 'stats'>,
  { clock, budget }: { readonly clock: Clock; readonly budget: StopBudget },
): Promise<void> {
  while (uploaders.some((uploader) => uploader.health().summary.state === 'connected')) {
    if ((await outbox.stats()).pending === 0) return
    const leftMs = budget.leftMs('last push')
    if (leftMs === 0) return
    await clock.sleep(Math.min(LOOK_MS, leftMs))
  }
}
