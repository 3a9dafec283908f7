/** What a run of `trail-life.ts` records, in its order. */

/** One record each, without a subject: nothing but the trail itself keeps them from standing twice. */
export const NOTED = ['first', 'second', 'third'] as const

/** Of the first run in an empty data folder: by their events, and what was noted by what it says. */
export const WHOLE_RUN: readonly string[] = [
  'trail-begun',
  'gateway-version-changed',
  'configuration-changed',
  'gateway-started',
  ...NOTED,
  'gateway-stopped',
]
