/** One field of an event as it leaves the gateway: its name, what it holds, and where its value comes from. */
import type { StoredEvent } from '../../outbox.ts'
import type { Event } from '../event.ts'

/**
 * `time`: UTC text with milliseconds; `list`: of texts or small groups; `group`: texts by name, each of which is a field of
 * its own, `fields.LOT`.
 */
export type OutwardType = 'text' | 'integer' | 'number' | 'flag' | 'time' | 'uuid' | 'list' | 'group'

/** What a field may hold; null where the event does not say it. */
export type OutwardValue =
  | string
  | number
  | boolean
  | null
  | readonly unknown[]
  | Readonly<Record<string, string>>

/** A field as people read of it, and as schemas are made of it. */
export interface OutwardField {
  /** snake_case; the unit comes last. */
  readonly name: string
  readonly type: OutwardType
  /** One line. */
  readonly about: string
  /** The words that it may be, where they are few and known. */
  readonly words?: readonly string[] | undefined
  /** Whether it never is null. */
  readonly always: boolean
}

/** What the value of a field is taken from. */
export interface FieldSource<E extends Event> {
  readonly event: E
  readonly stored: StoredEvent
  /** The name of this gateway. */
  readonly gateway: string
}

/** A field, and how its value is found in an event of one kind. */
export interface ReadableField<E extends Event> extends OutwardField {
  read(source: FieldSource<E>): OutwardValue
}

/** A kind of event as it leaves the gateway. */
export interface OutwardKind {
  /** `status.closed`. */
  readonly kind: string
  /** One line. */
  readonly about: string
  readonly fields: readonly OutwardField[]
}

/** A field that an event may say. */
export function field<E extends Event>(
  name: string,
  type: OutwardType,
  about: string,
  read: (event: E) => OutwardValue | undefined,
  words?: readonly string[],
): ReadableField<E> {
  const found = { name, type, about, always: false, read: ({ event }: FieldSource<E>) => read(event) ?? null }
  return words === undefined ? found : { ...found, words }
}

/** The same field, of kinds that always say it. */
export function always<E extends Event>(named: ReadableField<E>): ReadableField<E> {
  return { ...named, always: true }
}
