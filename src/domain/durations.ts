/** How long something took, as often as it happened since the gateway's start. */
export interface Durations {
  /** The upper bounds of the buckets in ms, ascending; beyond the last is one more bucket. */
  readonly boundsMs: readonly number[]
  /** How many fell into each bucket alone; one more than there are bounds. */
  readonly counts: readonly number[]
  /** All of them together, in ms. */
  readonly sumMs: number
}
