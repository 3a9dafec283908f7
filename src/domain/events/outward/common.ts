/** The fields that events of every kind have. */
import { utcText } from '../../instant.ts'
import { isMachine, isStation, ownerCode } from '../../owner.ts'
import type { Event } from '../event.ts'
import { eventId } from '../event-id.ts'
import { always, type FieldSource, field, type ReadableField } from './field.ts'

/** Of the machine that an event is about. */
export const MACHINE = field<Event>('machine', 'text', 'the code of the machine', ({ subject }) =>
  isMachine(subject) ? ownerCode(subject) : null,
)

/** Of the station that an event is about. */
export const STATION = field<Event>('station', 'text', 'the code of the station', ({ subject }) =>
  isStation(subject) ? ownerCode(subject) : null,
)

/**
 * What identifies an event, and when it happened.
 * @param kind as the event is called outside
 * @param at what `at` is, in words
 * @param happenedAt when it happened, UTC text
 */
export function commonFields<E extends Event>(
  kind: string,
  at: string,
  happenedAt: (source: FieldSource<E>) => string,
): readonly ReadableField<E>[] {
  return [
    own(
      'id',
      'uuid',
      'the same whenever this event is sent again, another one for any other event',
      (source) => eventId(source.stored, source.gateway),
    ),
    { ...own<E>('kind', 'text', 'the kind of the event', () => kind), words: [kind] },
    own('at', 'time', at, happenedAt),
    own('captured_at', 'time', 'when the gateway stored the event', capturedAt),
    own('gateway', 'text', 'the name of the gateway', ({ gateway }) => gateway),
  ]
}

/** When the gateway stored an event: for what is learnt later, the only moment there is. */
export function capturedAt({ stored }: FieldSource<Event>): string {
  return utcText(stored.capturedAtMs)
}

function own<E extends Event>(
  name: string,
  type: ReadableField<E>['type'],
  about: string,
  read: (source: FieldSource<E>) => string,
): ReadableField<E> {
  return always({ name, type, about, always: true, read })
}
