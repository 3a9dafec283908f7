/** The map of what was put together on the page: the text that a technician could have written. Nothing is saved here. */
import type { z } from 'zod'
import { ApiRefusal } from '../../console/refusal.ts'
import { fileFor, type MapDraft } from '../../workbench/map-text/map-draft.ts'
import { newMapText } from '../../workbench/map-text/new-map.ts'
import { editedMapText } from '../../workbench/map-text/present-map.ts'
import { compileText, faultOnWire } from './compiled.ts'
import type { MadeMap, mapAsk } from './map-shapes.ts'
import type { ConnectParts } from './parts.ts'

export function makeMap(asked: z.output<typeof mapAsk>, parts: ConnectParts): MadeMap {
  const { present, is_shadow: isShadow, device, ...rest } = asked
  const draft = { ...rest, device, isShadow } as MapDraft
  const text = present ? editedMapText(present.text, draft) : newMapText(draft)
  if (text === undefined) {
    const hint = 'mend it on the page Edit first, which shows what is wrong'
    throw new ApiRefusal(422, 'connect-present', 'the map that is there cannot be read', { hint })
  }
  const file = fileFor(asked.machine)
  const { faults, hints } = compileText(text, file, parts)
  return { file, text, faults: faults.map(faultOnWire), warnings: hints.map(faultOnWire) }
}
