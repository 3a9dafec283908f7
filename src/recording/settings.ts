/** The section `recording:` of `gateway.yaml`. */
import { z } from 'zod'
import { duration, size } from '../documents/quantities.ts'
import type { Section } from '../documents/section.ts'

/** The bounds of the recording; null where nothing is to be recorded. */
type RecordingSettings = RecordingBounds | null

/** How much of what the devices showed is kept. */
export interface RecordingBounds {
  /** Older segments are removed. */
  readonly retentionMs: number
  /** Bound of the file's used pages, in bytes; the oldest segments of all machines go first. */
  readonly maxBytes: number
}

const bounds = z.strictObject({
  retention: duration({ min: '1h', max: '90d' }).prefault('3d'),
  max_size: size({ min: '10MB', max: '1000TB' }).prefault('512MB'),
})

const schema = z
  .union([z.literal(false), bounds])
  .describe(
    'What the devices showed during the last days, for trying an edited map on it; false: nothing is kept.',
  )
  .meta({ title: 'recording' })
  .prefault({})
  .transform(
    (written): RecordingSettings =>
      written === false ? null : { retentionMs: written.retention, maxBytes: written.max_size },
  )

/** The section, as `config/` puts it together with the others. */
export const recordingSection: Section<RecordingSettings> = { schema }
