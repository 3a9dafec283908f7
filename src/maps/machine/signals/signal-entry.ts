/** An entry of `signals:` as the rest of the compiler sees it: with the type as the value is stored. */
import type { DocumentDraft } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import type { SignalType } from '../../../domain/signal.ts'
import { LIGHT, type WrittenSignal } from '../map-schema.ts'

/** One entry of `signals:` with the type as it is stored. A lamp is a bit that has a window. */
export type SignalEntry = Omit<WrittenSignal, 'type'> & { readonly type?: SignalType | undefined }

const WINDOW_DEFAULT_MS = 3_000
/** Keys that say what a value means, which a lamp says by itself. */
const NOT_FOR_LIGHTS = ['mask', 'names', 'invalid', 'expect', 'scale', 'offset', 'role', 'text'] as const

/** The entry, with a lamp as the bit that it is. */
export function plainEntry(draft: DocumentDraft, path: Path, written: WrittenSignal): SignalEntry {
  const { type, ...others } = written
  if (type !== LIGHT) {
    if (written.window !== undefined)
      draft.fault([...path, 'window'], '"window" is for signals of type light', 'type: light', 'key')
    return { ...others, ...(type && { type }) }
  }
  for (const key of NOT_FOR_LIGHTS.filter((key) => written[key] !== undefined)) {
    draft.fault([...path, key], `a light has no "${key}"`, 'rules say on, off or blink', 'key')
  }
  return { ...others, type: 'bit', window: written.window ?? WINDOW_DEFAULT_MS }
}
