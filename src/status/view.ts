/** What a machine shows right now. Never saved: after a start everything has to be seen again. */
import type { Instant } from '../domain/instant.ts'
import type { Quality, Sample, SignalValue } from '../domain/signal.ts'

/** What is seen of a machine. What follows from it is worked out when it is needed (`judging/sight.ts`), not remembered. */
export interface View {
  /** The present values of the devices that are in contact. */
  readonly values: Readonly<Record<string, Held>>
  /** The last values of devices that are out of contact: one that is the same on their return has stood all the time. */
  readonly remembered: Readonly<Record<string, Held>>
  /** Up to when each device that is in contact has shown everything. */
  readonly contacts: Readonly<Record<string, Instant>>
  /** Why devices that are out of contact are so, in the words of their links. */
  readonly linkFaults: Readonly<Record<string, string>>
  /** What was shown and is taken in only once everything before it is settled, in the order of time. */
  readonly waiting: readonly WaitingMoment[]
  /** Up to when what is shown has been taken in; null: all of it, as always where no signal is perceived. */
  readonly takenTo: Instant | null
  /** Up to when a machine with perceived signals was in touch, whatever is settled of it so far. It is no loss to wait for a pulse. */
  readonly inTouchTo: Instant | null
  /** The heartbeats as they last were. */
  readonly beats: Readonly<Record<string, Beat>>
  /** Since when the machine is in sight; null while it is not. A heartbeat must beat after that before anything is believed. */
  readonly sightSince: Instant | null
  /** Parts that counters went on by while nothing was seen; noted on the next interval that begins. */
  readonly countedUnseen: number
  /** No loss is declared before this moment plus `on_comm_loss.after`: a restart grants the devices time to answer. */
  readonly watchFrom: Instant
  /** How the gateway came to know nothing but what was saved; null once the machine has been seen again. */
  readonly resumed: 'same boot' | 'other boot' | null
  /** When the gateway last stood still; null where it has not since the map is in force. */
  readonly stall: { readonly from: Instant; readonly to: Instant } | null
  /** The time between two boots over which the open interval went on; null where there is none. */
  readonly away: Away | null
  /** By how much the clock showed, at the first start in this boot, a time before the machine was last seen, in ms. */
  readonly behindMs: number
  readonly wallClock: WallClock
}

/** The present value of one signal. */
export interface Held {
  readonly value: SignalValue
  readonly quality: Quality
  /** Why its quality is not good, in the device's own words. */
  readonly detail?: string
  /** When it got this value. */
  readonly since: Instant
  /** Which device shows it. */
  readonly device: string
}

/** What one device showed at one moment. */
export interface WaitingMoment {
  readonly at: Instant
  readonly device: string
  readonly samples: readonly ShownSample[]
  /** Whether the device had been in contact until then. */
  readonly wasInContact: boolean
  /** Up to when what it brings has stood, where that is known; else only that it came. */
  readonly shownTo?: Instant
}

/** A sample as the rules see it. */
export interface ShownSample extends Sample {
  /** What was read of a perceived signal: counters count it, and no rule sees it. */
  readonly isRaw?: true
}

/** The last good value of a heartbeat, and when it last changed: null as long as it has only been read, which proves nothing. */
export interface Beat {
  readonly value: SignalValue
  /** When it was first read. */
  readonly readAt: Instant
  readonly at: Instant | null
}

/** The machine was last seen at `from` in the boot before, and first seen at `to` in this one; both on this boot's clocks. */
interface Away {
  readonly from: Instant
  readonly to: Instant
}

/** The wall clock that a machine's rows go by. */
export interface WallClock {
  /** How far it is ahead of the monotonic clock, in ms. */
  readonly aheadMs: number
  /** What the computer's clock has shown instead since a moment, while that is too far off to be believed at once. */
  readonly doubted: { readonly aheadMs: number; readonly since: Instant } | null
}

/** Nothing has been seen yet. */
export function emptyView(now: Instant, wallClock: WallClock, resumed: View['resumed']): View {
  return {
    values: {},
    remembered: {},
    contacts: {},
    linkFaults: {},
    waiting: [],
    takenTo: null,
    inTouchTo: null,
    beats: {},
    sightSince: null,
    countedUnseen: 0,
    watchFrom: now,
    resumed,
    stall: null,
    away: null,
    behindMs: 0,
    wallClock,
  }
}
