/** The key `place:` of a device map: where in the plant its machine or station stands. */
import { z } from 'zod'
import { text } from '../documents/text.ts'
import type { PlantPlace } from '../domain/place.ts'

const LEVEL_MAX = 100

/** Levels that ISA-95 has below a site; a plant may have none of them. */
export const placeSchema = z
  .strictObject({
    area: text(LEVEL_MAX).optional(),
    line: text(LEVEL_MAX).optional(),
    cell: text(LEVEL_MAX).optional().describe('The code of the machine or scanner, unless written.'),
  })
  .meta({ title: 'place' })

/** A place as it was written, without what was not. */
export function placeOf({ area, line, cell }: z.output<typeof placeSchema>): PlantPlace {
  return {
    ...(area !== undefined && { area }),
    ...(line !== undefined && { line }),
    ...(cell !== undefined && { cell }),
  }
}
