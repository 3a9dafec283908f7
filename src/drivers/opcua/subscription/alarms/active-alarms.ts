/**
 * The alarms of a machine that are active, as one value: the code of the one that came first, or an empty text. A condition that
 * is not active any more is gone, whether or not somebody has acknowledged it.
 */
import { isWithin } from '../../../../domain/range.ts'
import type { AlarmFormat } from '../../../../domain/signal.ts'

/** A condition, as an event or its node shows it. */
export interface ConditionState {
  /** Its node id, as text; its name, where an event does not say which node it has. */
  readonly condition: string
  /** Its source and its own name in one text; empty where it has neither. */
  readonly name: string
  readonly isActive: boolean
  readonly severity: number
  readonly source: string
  readonly code: string
  readonly message: string
  /** Undefined where nobody can acknowledge it. */
  readonly isAcknowledged: boolean | undefined
}

/** Conditions beyond these are not one machine's. */
const ACTIVE_MAX = 10_000

/** Said while no alarm is known, and the server does not show which are active. */
const UNKNOWN_BEFORE =
  'alarms that were active before the gateway connected, or missed events, are not seen until they change'

/** One for each signal that follows alarms. */
export class ActiveAlarms {
  readonly #format: AlarmFormat
  /** By condition, in the order in which they became active. */
  readonly #active = new Map<string, ConditionState>()
  #isFormerKnown = true

  constructor(format: AlarmFormat) {
    this.#format = format
  }

  /** What an event says. */
  note(state: ConditionState): void {
    if (state.condition === state.name) this.#forgetNodesOf(state)
    if (!state.isActive || !this.#isMeant(state)) this.#active.delete(state.condition)
    else if (this.#active.has(state.condition) || this.#active.size < ACTIVE_MAX)
      this.#active.set(state.condition, state)
  }

  /**
   * What the server's nodes show, the oldest first; undefined where it shows no conditions. What events have said meanwhile is
   * newer. Of all others it is not known whether they are still active, so they are forgotten.
   */
  noteFormer(states: readonly ConditionState[] | undefined, said: ReadonlySet<string>): void {
    this.#isFormerKnown = states !== undefined
    const shown = new Set(states?.map(({ condition }) => condition))
    for (const condition of this.#active.keys())
      if (!said.has(condition) && !shown.has(condition)) this.#active.delete(condition)
    for (const state of states ?? []) {
      if (!said.has(state.condition) && !said.has(state.name)) this.note(state)
    }
  }

  /** The value of the signal, and what else there is to know. */
  shown(): { readonly value: string; readonly says: string | undefined } {
    const [first, ...others] = this.#active.values()
    if (!first) return { value: '', says: this.#isFormerKnown ? undefined : UNKNOWN_BEFORE }
    const { severity, isAcknowledged, message, code } = first
    const acknowledged =
      isAcknowledged === undefined ? '' : isAcknowledged ? ', acknowledged' : ', not acknowledged'
    const more = others.length === 0 ? '' : `; ${others.length} more active`
    return { value: code, says: `severity ${severity}${acknowledged}: ${message}${more}` }
  }

  /** Where events give no node ids, they are of conditions that were read with theirs. */
  #forgetNodesOf({ name }: ConditionState): void {
    for (const [condition, active] of this.#active)
      if (active.name === name && condition !== name) this.#active.delete(condition)
  }

  #isMeant({ severity, source }: ConditionState): boolean {
    const { severity: range, source: wanted } = this.#format
    if (range && !isWithin(severity, range)) return false
    if (wanted === undefined) return true
    return wanted.endsWith('*') ? source.startsWith(wanted.slice(0, -1)) : source === wanted
  }
}
