/**
 * The one vocabulary in which events leave the gateway to routes other than the MES: kinds, each with its fields. From the list
 * below come the words that `check` proposes, the JSON Schema of the feed, and the table in docs/routes.md.
 */
import type { StoredEvent } from '../outbox.ts'
import type { Event } from './event.ts'
import type { OutwardKind, OutwardValue, ReadableField } from './outward/field.ts'
import { LINK } from './outward/link.ts'
import {
  DOWNTIME_AMENDED,
  DOWNTIME_CLOSED,
  DOWNTIME_OPENED,
  STATUS_AMENDED,
  STATUS_CLOSED,
  STATUS_OPENED,
} from './outward/machine.ts'
import { SCAN, SCAN_UNDONE } from './outward/station.ts'

/** An event as it leaves the gateway. */
export interface OutwardEvent {
  /** A UUID: the same for every repetition of this event, another one for any other. */
  readonly id: string
  /** One of {@link OUTWARD_KINDS}. */
  readonly kind: string
  /** When it happened, UTC text with milliseconds. */
  readonly at: string
  /** Every field of the kind by its name, those above included; null where the event does not say it. */
  readonly fields: Readonly<Record<string, OutwardValue>>
}

/** A kind, and the events of the log that it is made of. */
interface KindOfLog extends OutwardKind {
  /** The kind of the events of the log that it is made of. */
  readonly stored: string
  readonly isMeant: (event: Event) => boolean
  readonly fields: readonly ReadableField<Event>[]
}

const KINDS: readonly KindOfLog[] = [
  kindOf('status.opened', 'an interval of a status began', STATUS_OPENED),
  kindOf('status.closed', 'an interval of a status ended', STATUS_CLOSED, isEnding),
  kindOf(
    'status.amended',
    'something was learnt about an interval that goes on or has ended',
    STATUS_AMENDED,
    isNoEnding,
  ),
  kindOf('downtime.opened', 'a stop lasted long enough to count', DOWNTIME_OPENED),
  kindOf('downtime.closed', 'a stop ended', DOWNTIME_CLOSED, isEnding),
  kindOf(
    'downtime.amended',
    'something was learnt about a stop that goes on or has ended',
    DOWNTIME_AMENDED,
    isNoEnding,
  ),
  kindOf('scan', 'something was scanned and stored', SCAN),
  kindOf('scan.undone', 'a scan was taken back by who had scanned it', SCAN_UNDONE),
  kindOf('link', 'the connection to a device or scanner came up or went down', LINK),
]

/** Every kind with its fields, in the order in which people read of them. */
export const OUTWARD_KINDS: readonly OutwardKind[] = KINDS

/** The kinds of the log out of which events of these outward kinds are made: what a route has to take. */
export function storedKinds(kinds: readonly string[]): ReadonlySet<string> {
  return new Set(KINDS.filter(({ kind }) => kinds.includes(kind)).map(({ stored }) => stored))
}

/** A stored event as it leaves the gateway; undefined where it never does: nobody can read it, or it was left out. */
export function outward(
  stored: StoredEvent,
  { gateway }: { readonly gateway: string },
): OutwardEvent | undefined {
  const { event } = stored
  const meant = KINDS.find(({ stored, isMeant }) => stored === event.kind && isMeant(event))
  if (!meant) return undefined
  const source = { event, stored, gateway }
  const fields: Record<string, OutwardValue> = {}
  for (const field of meant.fields) fields[field.name] = field.read(source)
  return { id: textOf(fields.id), kind: meant.kind, at: textOf(fields.at), fields }
}

/** An amendment is the end of what it is about where it is the first that says an end. */
function isEnding(event: Event): boolean {
  const { ended, afterEnd } = event as { readonly ended?: unknown; readonly afterEnd?: boolean }
  return ended !== null && ended !== undefined && afterEnd !== true
}

function isNoEnding(event: Event): boolean {
  return !isEnding(event)
}

function kindOf<E extends Event>(
  kind: string,
  about: string,
  fields: readonly ReadableField<E>[],
  isMeant: (event: Event) => boolean = () => true,
): KindOfLog {
  const stored = kind.replace('.closed', '.amended')
  return { kind, about, stored, isMeant, fields: fields as readonly ReadableField<Event>[] }
}

function textOf(value: OutwardValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('every event has an id and a time')
  return value
}
