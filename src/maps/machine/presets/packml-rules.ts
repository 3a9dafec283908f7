/**
 * Rules that all PackML numberings share, since they speak in names.
 *
 * Held is an internal cause, Suspended an external one (starved or blocked): that is the difference between `down` and `idle`.
 * Execute in manual mode is setup, not running, so the mode comes first.
 */
export const packmlRules: readonly Readonly<Record<string, unknown>>[] = [
  { when: { mode: 'maintenance' }, is: 'maintenance' },
  { when: { mode: 'manual' }, is: 'setup' },
  { when: { state: ['aborted', 'held'] }, is: 'down', reason: 'from stop_id' },
  { when: { state: 'execute' }, is: 'running' },
  { when: { state: 'suspended', starved: true }, is: 'idle', reason: 'starved', category: 'material' },
  { when: { state: 'suspended', blocked: true }, is: 'idle', reason: 'blocked', category: 'process' },
  { else: true, is: 'idle' },
]

/** The transient acting states may last this long before the previous status is given up. */
export const PACKML_TRANSIENT_MAX_MS = 60_000
