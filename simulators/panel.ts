/** What a machine shows to clients, and the contract of the protocol servers that show it: one for each protocol. */
import type { Step } from './day.ts'

export type Situation = Pick<Step, 'state' | 'fault'>

export interface View {
  readonly situation: Situation
  /** The number of the acting state that it is passing through, as its protocol numbers them. */
  readonly acting?: number
  readonly goodCount: number
  readonly scrapCount: number
  readonly heartbeat: number
  /** When this became so, ms since 1970. */
  readonly atMs: number
}

/** What the PLC says of its own values: they are good, its sensors are broken, or it cannot answer at all. */
export type Condition = 'good' | 'bad_quality' | 'exception'

export interface Traffic {
  readonly requests: number
  /** Requests that would change something. All are refused, and a gateway must never send one. */
  readonly writeRequests: number
  /** Requests that read values. */
  readonly polls: number
}

export interface Panel extends AsyncDisposable {
  /** The port of the protocol's own server on 127.0.0.1. Clients use the gate in front of it. */
  readonly port: number
  /** The acting states between two situations, in order; none for a machine that changes at once. */
  actingStates(from: Situation, to: Situation): readonly number[]
  /** Shows a whole view at once: no client ever sees a part of the new one with a part of the old one. */
  show(view: View): void
  setCondition(condition: Condition): void
  traffic(): Traffic
}
