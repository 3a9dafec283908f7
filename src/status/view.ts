/** What a machine shows right now. Never saved: after a start everything has to be seen again. */
import type { Instant } from '../domain/instant.ts'
import type { StatusRule } from '../domain/machine-map.ts'
import type { Quality, SignalValue } from '../domain/signal.ts'

/** What is seen of a machine. */
export interface View {
  readonly values: Readonly<Record<string, Held>>
  /** Last contact with each device of the machine that is up. */
  readonly contacts: Readonly<Record<string, Instant>>
  readonly sight: Sight
  /** Parts that counters went on by while nothing was seen; noted on the next interval that begins. */
  readonly countedUnseen: number
  /** No loss is declared before this moment plus `on_comm_loss.after`: a restart grants the devices time to answer. */
  readonly watchFrom: Instant
}

/** The present value of one signal. */
export interface Held {
  readonly value: SignalValue
  readonly quality: Quality
  /** Why its quality is not good, in the device's own words. */
  readonly detail?: string
  /** When it got this value. */
  readonly since: Instant
  /** Of a bit field of faults: since when each bit that is set has been. */
  readonly bitsSince?: Readonly<Record<number, Instant>>
}

/**
 * Whether the machine has been seen without a break:
 * `whole`: whatever decides its status has been seen since the last interruption, and is good;
 * `interrupted`: a link was lost, a heartbeat stopped, or a value that decides is missing or not good;
 * `restarted`: the gateway restarted or the map changed, and not everything has been seen since.
 */
type Sight =
  | { readonly kind: 'whole'; readonly verdict: Decided | Passing | Baseless }
  | { readonly kind: 'interrupted' | 'restarted'; readonly verdict: Decided | Passing | Undecided }

/** A rule matches. */
interface Decided {
  readonly kind: 'rule'
  readonly rule: StatusRule
  /** Set where the machine shows a transient state for longer than the map allows, so that the rules decide. */
  readonly transientSince: Instant | null
}

/** The machine shows a transient state: its open interval goes on. */
interface Passing {
  readonly kind: 'transient'
  readonly transientSince: Instant
}

/** It cannot be decided: what is needed is missing, not good or frozen. */
interface Undecided {
  readonly kind: 'undecided'
  /** Set where the machine shows a transient state, now or when it was last judged with live values. */
  readonly transientSince: Instant | null
}

/** The machine shows a transient state, and no open interval could go on: known with the next state that lasts. */
interface Baseless extends Undecided {
  readonly transientSince: Instant
}

/** Nothing has been seen yet. */
export function emptyView(now: Instant): View {
  return {
    values: {},
    contacts: {},
    sight: { kind: 'restarted', verdict: { kind: 'undecided', transientSince: null } },
    countedUnseen: 0,
    watchFrom: now,
  }
}
