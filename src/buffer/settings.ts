/** The section `buffer:` of `gateway.yaml`. */
import { z } from 'zod'
import { duration, size } from '../documents/quantities.ts'
import type { Section } from '../documents/section.ts'

/** The bounds of the local log, as the site sets them. */
export interface BufferSettings {
  /** How long events stay after they were delivered, in ms. */
  readonly retentionMs: number
  /** Bound of the file's used pages, in bytes. */
  readonly maxBytes: number
}

const schema = z
  .strictObject({
    retention: duration({ max: '365d' }).prefault('7d'),
    max_size: size({ min: '1MB', max: '1000TB' }).prefault('8GB'),
  })
  .meta({ title: 'buffer' })
  .transform(({ retention, max_size }): BufferSettings => ({ retentionMs: retention, maxBytes: max_size }))
  .prefault({})

/** The section, as `config/` puts it together with the others. */
export const bufferSection: Section<BufferSettings> = { schema }
