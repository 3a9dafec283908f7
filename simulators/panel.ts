/** What a machine shows of itself, and the protocol that shows it. One implementation a protocol. */
import type { Step } from './day.ts'

export type Situation = Pick<Step, 'state' | 'fault'>

export interface View {
  readonly situation: Situation
  /** The acting state that it is going through on its way elsewhere, in its own protocol's numbers. */
  readonly acting?: number
  readonly goodCount: number
  readonly scrapCount: number
  readonly heartbeat: number
  /** When this became so, ms since 1970. */
  readonly atMs: number
}

/** What the PLC says of its own values: all is well, its sensors are broken, or it is itself. */
export type Condition = 'good' | 'bad_quality' | 'exception'

export interface Traffic {
  readonly requests: number
  /** Requests that would change something, all refused: a gateway never makes one. */
  readonly writeRequests: number
  /** Requests that read values. */
  readonly polls: number
}

export interface Panel extends AsyncDisposable {
  /** Where the protocol's own server listens, on 127.0.0.1; the gate stands in front of it. */
  readonly port: number
  /** The acting states between two situations, in order; none for a machine that just changes. */
  actingStates(from: Situation, to: Situation): readonly number[]
  /** Shows all of it at once: no client ever sees half of a view. */
  show(view: View): void
  setCondition(condition: Condition): void
  traffic(): Traffic
}
