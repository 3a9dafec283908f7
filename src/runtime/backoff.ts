/** Growing delays with full jitter between `minMs` and a ceiling that doubles up to `maxMs`. */
export interface Backoff {
  next(): number
  reset(): void
}

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
