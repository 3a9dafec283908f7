/** What comes of a file once all that is wrong with it is known. */
import { condensed } from '../documents/condense.ts'
import type { DocumentDraft } from '../documents/draft.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { Compiled, MapContext, SubjectMap } from './map-kind.ts'

/** What else belongs to a file besides its draft. */
interface DrawnOn extends Pick<Compiled, 'profiles' | 'tables'> {
  /** Faults of what it draws on. */
  readonly faults: readonly ConfigFault[]
}

/** The map with all faults of its file; undefined in place of the map where one of them takes it out of force. */
export function judged(
  map: SubjectMap | undefined,
  draft: DocumentDraft,
  { isLastGood }: MapContext,
  { profiles, tables, faults: others }: DrawnOn,
): Compiled {
  const faults = condensed([...others, ...draft.faults])
  const slips = condensed(draft.slips)
  // What was good for an earlier version goes on, and its faults are shown: a stricter version must stop no machine and no station.
  const refused = isLastGood ? faults : [...faults, ...slips]
  return {
    map: refused.length === 0 ? map : undefined,
    faults: [...faults, ...slips],
    hints: draft.hints,
    profiles,
    tables,
  }
}
