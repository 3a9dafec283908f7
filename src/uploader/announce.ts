/** Says from which event on a destination gets them, wherever both sides were not at one position already. */
import { gapCause } from './causes.ts'
import type { Agreement } from './resync.ts'
import type { RouteWatch } from './route-watch.ts'
import type { UploaderParts } from './uploader-parts.ts'

/**
 * Logs the agreement, and shows the destination as connected; with a gap as its cause where it lacks events that it must have.
 *
 * What a route at best effort missed is counted by the outbox, and no more a trouble than a new stream is. Nor is it one that a
 * route which was added to an old log lacks what was stored and removed before.
 */
export function announce(
  agreement: Agreement,
  watch: RouteWatch,
  { route, log }: Pick<UploaderParts, 'route' | 'log'>,
): void {
  const mustHave = route.must === 'deliver'
  const { gap, restored } =
    'gap' in agreement ? agreement : { gap: undefined, restored: agreement.kind === 'refill' }
  log[mustHave && (gap || restored) ? 'warn' : 'info'](
    { event: 'route-agreed', agreement: agreement.kind, fromSeq: agreement.at.seq + 1 },
    `${route.name} gets the events from here on`,
  )
  const lacks = mustHave && gap && (agreement.kind !== 'begin' || restored)
  watch.become('connected', lacks ? gapCause(route.name, gap, restored) : undefined)
}
