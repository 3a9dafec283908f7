/** Counts of what has not happened yet, for tests that are about something else. */
import type { Durations } from '../../src/domain/durations.ts'
import type { DeviceCounts, PushCounts } from '../../src/domain/health.ts'

export const NO_DURATIONS: Durations = { boundsMs: [], counts: [0], sumMs: 0 }

export const NO_DEVICE_COUNTS: DeviceCounts = {
  ...{ readings: 0, linkChanges: 0, failures: 0, badValues: 0, skippedPolls: 0, oversleptPolls: 0 },
  pollLateness: NO_DURATIONS,
}

export const NO_PUSH_COUNTS: PushCounts = { batches: 0, events: 0, pushTimes: NO_DURATIONS }
