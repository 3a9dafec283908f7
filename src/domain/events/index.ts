/** The kinds of events that this gateway writes. A new kind is a file beside this one and a line here. */
import { createEventCodec, type EventKind } from './codec.ts'
import { MACHINE_EVENT_KINDS } from './machine.ts'

export const EVENT_KINDS: readonly EventKind[] = [...MACHINE_EVENT_KINDS]

export const eventCodec = createEventCodec(EVENT_KINDS)
