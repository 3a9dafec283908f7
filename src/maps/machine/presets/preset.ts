/** What a preset supplies: value names for known signals, transient states, and rules for files that have none. */
export interface Preset {
  readonly name: string
  /** The signal that the map must have. */
  readonly needs: string
  /** By signal: number to word. */
  readonly names: Readonly<Record<string, Readonly<Record<number, string>>>>
  readonly transient: { readonly signal: string; readonly values: readonly number[]; readonly maxMs: number }
  /** As they would stand under `status:`. A rule that speaks of a signal which the map lacks is left out. */
  readonly rules: readonly Readonly<Record<string, unknown>>[]
}
