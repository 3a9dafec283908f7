/** What a preset supplies: value names for known signals, transient states, and rules for files that have none. */
export interface Preset {
  readonly name: string
  /** The signals that the map must have. */
  readonly needs: readonly string[]
  readonly signals: Readonly<Record<string, PresetSignal>>
  /** States that only lead from one to another. Absent where the standard has none. */
  readonly transient?: {
    readonly signal: string
    readonly values: readonly number[]
    readonly maxMs: number
  }
  readonly rules: readonly PresetRule[]
}

/** How the values of a signal are called in rules. */
export interface PresetSignal {
  readonly numbers?: Readonly<Record<number, string>>
  /** Texts as servers show them, beside the words themselves: `Execute` and `EXECUTE` are `execute` without being named here. */
  readonly texts?: Readonly<Record<string, string>>
  /** By which a device says that it knows nothing. */
  readonly invalid?: readonly (number | string)[]
}

/** As it would stand under `status:`. A rule that speaks of a signal which the map lacks is left out. */
export interface PresetRule extends Readonly<Record<string, unknown>> {
  /** The reason where that of `reason: from …` cannot be, because the map lacks the signal. */
  readonly otherwise?: string
}

/** Acting states last no longer than this; then the status before them is given up. */
export const TRANSIENT_MAX_MS = 60_000
