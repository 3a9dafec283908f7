/** The kinds of events that this gateway writes. A new kind is a file beside this one and a line here. */
import { createEventCodec, type EventKind } from './codec.ts'
import { LINK_EVENT_KINDS } from './link.ts'
import { MACHINE_EVENT_KINDS } from './machine.ts'
import { STATION_EVENT_KINDS } from './scan.ts'

/** All of them; what the codec cannot find here is unreadable. */
export const EVENT_KINDS: readonly EventKind[] = [
  ...MACHINE_EVENT_KINDS,
  ...STATION_EVENT_KINDS,
  ...LINK_EVENT_KINDS,
]

/** Reads and writes every kind that this gateway knows. */
export const eventCodec = createEventCodec(EVENT_KINDS)
