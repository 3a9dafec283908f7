/** The section `log:` of `gateway.yaml`. */
import { z } from 'zod'

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** What is logged. */
export interface LogSettings {
  readonly level: (typeof LOG_LEVELS)[number]
}

/** The keys of the section. */
export const logSchema: z.ZodType<LogSettings> = z
  .strictObject({ level: z.enum(LOG_LEVELS).default('info') })
  .meta({ title: 'log' })
  .prefault({})
