/** Growing delays with full jitter between `minMs` and a ceiling that doubles up to `maxMs`. */
export interface Backoff {
  /** The next delay in ms; the first one is `minMs`. */
  next(): number
  /** Begins again with `minMs`. */
  reset(): void
}

/** @param options.random gives numbers from 0 to 1, for the jitter */
export function backoff(options: {
  readonly minMs: number
  readonly maxMs: number
  readonly random: () => number
}): Backoff {
  let ceilingMs = options.minMs
  return {
    next: () => {
      const delayMs = options.minMs + options.random() * (ceilingMs - options.minMs)
      ceilingMs = Math.min(ceilingMs * 2, options.maxMs)
      return Math.round(delayMs)
    },
    reset: () => {
      ceilingMs = options.minMs
    },
  }
}
