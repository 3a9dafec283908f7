/** A device's connection, or a scanner's: it came up, or it went down. Only routes that ask for these events get them. */
import type { EventKind } from './codec.ts'
import { EVENT_VERSION, type Event } from './event.ts'

/** A connection came up or went down. `at` is when it did; the subject is the machine or station whose device it is. */
export interface LinkEvent extends Event {
  readonly kind: 'link'
  /** The device, as maps and messages name it. */
  readonly device: string
  readonly up: boolean
  /** When the connection came up; of one that went down null where it never was up. */
  readonly connectedAt: string | null
  /** How long a connection lasted that went down; null of one that came up, or that never was up. */
  readonly durationMs: number | null
  /** Why it went down, in words; null of one that came up. */
  readonly cause: string | null
  /** Connections that came and went since the device's event before this one, and have no events of their own. */
  readonly flaps: number
}

const link: EventKind<LinkEvent> = {
  kind: 'link',
  read: (fields) => ({
    ...fields.head(EVENT_VERSION),
    kind: 'link',
    device: fields.text('device'),
    up: fields.flag('up'),
    connectedAt: fields.textOrNull('connectedAt'),
    durationMs: fields.numberOrNull('durationMs'),
    cause: fields.textOrNull('cause'),
    flaps: fields.numberOrNull('flaps') ?? 0,
  }),
}

/** Each kind of event about connections, and how it is read. */
export const LINK_EVENT_KINDS = [link] as const
