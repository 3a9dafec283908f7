/** The section `planned:` of `gateway.yaml`. */
import { z } from 'zod'
import { daySpan } from '../documents/day-span.ts'
import type { Section } from '../documents/section.ts'
import type { DaySpan } from '../domain/planned-time.ts'

/** Settings of planned time. Central has the shifts, and not the times of their breaks, which are therefore written here. */
interface PlannedSettings {
  /** Of machines whose maps name none. */
  readonly breaks: readonly DaySpan[]
}

/** No plant has more of them. */
const BREAKS_MAX = 24

const schema = z
  .strictObject({
    breaks: z
      .array(daySpan())
      .max(BREAKS_MAX)
      .default([])
      .describe('Breaks of each day, in the plant’s time zone: ["09:00-09:15", "12:00-12:30"].'),
  })
  .meta({ title: 'planned' })
  .prefault({})

/** Its keys and their defaults. */
export const plannedSection: Section<PlannedSettings> = { schema }
