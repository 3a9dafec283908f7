/** Tells the subject of all connections what the collectors see of theirs, and how each of them ends. */
import { linkSubject } from '../collector/links/link-subject.ts'
import { type ConnectionMessage, LINKS } from '../domain/connection.ts'
import type { Owner } from '../domain/owner.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Service } from '../runtime/service.ts'
import { isInShadow } from '../status/shadow-subject.ts'

const STOPPED = 'the gateway was stopped'
const DISMISSED = 'its map was changed or taken away'

/** A device or a scanner. */
interface Linked {
  readonly id: string
  readonly subject: Owner
}

/** What became of a connection. */
type Change = Pick<ConnectionMessage, 'up' | 'at' | 'cause'>

/** Where collectors say how their connections are. Of those of a machine in shadow nobody is to hear. */
export interface LinkNews {
  changed(linked: Linked, change: Change): void
  /** The same collector, whose connection counts as ended once it has stopped collecting. */
  endingWith<Collector extends Service>(linked: Linked, collector: Collector): Collector
  /** From now on collectors end because the gateway stops. */
  stopping(): void
}

/**
 * Puts the subject of all connections in place.
 * @param isTaken whether any route takes events of connections now
 */
export function linkNews(pipeline: Pipeline, clock: Pick<Clock, 'now'>, isTaken: () => boolean): LinkNews {
  pipeline.put(LINKS, (remembered) => linkSubject(remembered, isTaken))
  let whyDismissed = DISMISSED

  function changed({ id, subject }: Linked, { up, at, cause }: Change): void {
    if (isInShadow(pipeline.subjectOf(subject))) return
    const why = cause === undefined ? {} : { cause }
    const message: ConnectionMessage = {
      kind: 'connection',
      subject: LINKS,
      device: id,
      of: subject,
      up,
      at,
      ...why,
    }
    pipeline.deliver(message)
  }

  return {
    changed,
    endingWith: (linked, collector) => ({
      ...collector,
      run: async (signal) => {
        const ended = (cause: string) => changed(linked, { up: false, at: clock.now(), cause })
        try {
          await collector.run(signal)
          ended(whyDismissed)
        } catch (error) {
          ended(`collecting it failed: ${error instanceof Error ? error.message : String(error)}`)
          throw error
        }
      },
    }),
    stopping: () => {
      whyDismissed = STOPPED
    },
  }
}
