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
  /** How much may be written to the disk within 24 hours before it is a trouble, in bytes; absent: nobody minds. */
  readonly flashBudgetBytes?: number
}

const schema = z
  .strictObject({
    retention: duration({ max: '365d' }).prefault('7d'),
    max_size: size({ min: '1MB', max: '1000TB' }).prefault('8GB'),
    flash_budget: size({ min: '1MB', max: '1000TB' })
      .optional()
      .describe('How much may be written to the disk within 24 hours before status says so.'),
  })
  .meta({ title: 'buffer' })
  .transform(
    ({ retention, max_size, flash_budget }): BufferSettings => ({
      retentionMs: retention,
      maxBytes: max_size,
      ...(flash_budget !== undefined && { flashBudgetBytes: flash_budget }),
    }),
  )
  .prefault({})

/** The section, as `config/` puts it together with the others. */
export const bufferSection: Section<BufferSettings> = { schema }
