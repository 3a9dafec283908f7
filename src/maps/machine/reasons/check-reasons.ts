/** Says which reasons of rules nobody has named: a typing error, or a reason without a category. */
import { type DocumentDraft, isRecord } from '../../../documents/draft.ts'
import { nearestWord } from '../../../documents/nearest-word.ts'
import type { FaultSignal } from '../../../domain/machine-map.ts'

/** Only of rules of the map itself, and of those whose reason has no fault. What is set up by hand is of category setup. */
export function hintAtReasons(
  draft: DocumentDraft,
  faults: readonly FaultSignal[],
  eventsFor: readonly string[],
): void {
  const named = [...new Set(faults.flatMap(({ reasons }) => reasons.flatMap(({ code }) => code ?? [])))]
  for (const [index, { reason, is, category }] of writtenRules(draft).entries()) {
    if (typeof reason !== 'string' || /^from /.test(reason) || named.includes(reason)) continue
    const path = ['status', index, 'reason']
    if ([...draft.faults, ...draft.slips].some((one) => one.path === path.join('.'))) continue
    const meant = nearestWord(reason, named)
    if (meant !== undefined) {
      draft.hint(path, `no table names the reason "${reason}"`, `did you mean "${meant}"?`)
    } else if (category === undefined && is !== 'setup' && eventsFor.includes(String(is))) {
      const what = `no table names the reason "${reason}", so its downtimes have no category`
      draft.hint(path, what, 'write category: equipment (or another one) beside it, or name it in a table')
    }
  }
}

function writtenRules(draft: DocumentDraft): readonly Readonly<Record<string, unknown>>[] {
  const written = draft.at(['status'])
  return Array.isArray(written) ? written.map((rule) => (isRecord(rule) ? rule : {})) : []
}
