/**
 * Reads every version of every event ever written, and makes the present version of it.
 *
 * What it cannot read is named with its place and kept whole: an event is never lost because a program is too old for it,
 * and one that cannot be read never holds up those behind it.
 */
import { parseOwner } from '../owner.ts'
import { type Event, isUnreadable, type UnreadableEvent } from './event.ts'
import { Fields, Unreadable } from './fields.ts'

/** One kind of event: its name, and how its payload is understood. */
export interface EventKind<E extends Event = Event> {
  readonly kind: string
  /**
   * Checks the fields of any version ever written and makes an event of the present one.
   * @throws Unreadable, which {@link Fields} raises by itself for what is missing or not as it should be
   */
  read(fields: Fields): E
}

/** Between events and the text that is stored. */
export interface EventCodec {
  /**
   * The JSON text to store; of an event that could not be read, the text that it was read from.
   * @throws TypeError for what JSON cannot say
   */
  encode(event: Event): string
  /** Never throws: what cannot be read becomes an {@link UnreadableEvent} that carries its payload. */
  decode(payload: string): Event
  /** The same for a payload that is parsed already, as a jsonb column comes. */
  read(value: unknown): Event
}

/** A codec that reads these kinds; an event of another kind is unreadable. */
export function createEventCodec(kinds: readonly EventKind[]): EventCodec {
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]))
  const understand = (value: unknown, payload: () => string): Event => {
    try {
      return eventOf(value, byName)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      return unreadable(value, payload(), error.message)
    }
  }
  return {
    encode: (event) => (isUnreadable(event) ? event.payload : JSON.stringify(withoutEmpty(event))),
    decode: (payload) => {
      let value: unknown
      try {
        value = JSON.parse(payload)
      } catch {
        return unreadable(undefined, payload, 'the payload is no JSON')
      }
      return understand(value, () => payload)
    },
    read: (value) => understand(value, () => JSON.stringify(value)),
  }
}

function eventOf(value: unknown, kinds: ReadonlyMap<string, EventKind>): Event {
  if (typeof value !== 'object' || value === null) throw new Unreadable('the payload is no object')
  const { kind } = value as { readonly kind?: unknown }
  const known = typeof kind === 'string' ? kinds.get(kind) : undefined
  if (!known) throw new Unreadable(`this version knows no events of the kind ${JSON.stringify(kind)}`)
  return known.read(new Fields(known.kind, value as Readonly<Record<string, unknown>>))
}

/**
 * An event whose fields that are null or an empty list are undefined, which JSON leaves out: every byte of a payload is hashed
 * and written twice, and most events have no remark, no mark and no work order. The copy keeps the event's own shape, because
 * building another one field by field costs more than what it saves.
 */
function withoutEmpty(event: object): object {
  const full: Record<string, unknown> = { ...event }
  for (const field in full) {
    const value = full[field]
    if (value === null || (Array.isArray(value) && value.length === 0)) full[field] = undefined
  }
  return full
}

/** When and of whom it is, if that can be read; the rest stays in its payload. */
function unreadable(value: unknown, payload: string, why: string): UnreadableEvent {
  const { at, subject } = (value ?? {}) as Readonly<Record<string, unknown>>
  const owner = typeof subject === 'string' ? parseOwner(subject) : undefined
  return {
    v: 0,
    kind: 'unreadable',
    at: typeof at === 'string' ? at : '',
    subject: owner ?? 'gateway:unreadable',
    payload,
    why,
  }
}
