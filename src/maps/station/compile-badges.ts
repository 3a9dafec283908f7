/** Compiles the patterns of badges: those of `operator.badge`, and those of rules. */
import type { DocumentDraft } from '../../documents/draft.ts'
import type { Path } from '../../documents/place.ts'
import { EMPLOYEE_CODE } from '../../domain/station-map.ts'
import { compilePattern } from './compile-pattern.ts'

/** The badges that `operator` names. Faults are noted in the draft. */
export function compileBadges(draft: DocumentDraft): readonly RegExp[] {
  const path = ['operator', 'badge']
  const written = draft.at(path)
  if (typeof written === 'string') return compileBadge(draft, path, written)
  if (!Array.isArray(written)) return []
  return written.flatMap((one: unknown, index) =>
    typeof one === 'string' ? compileBadge(draft, [...path, index], one) : [],
  )
}

/** One pattern of badges; none where it has a fault. */
export function compileBadge(draft: DocumentDraft, path: Path, written: string): readonly RegExp[] {
  const compiled = compilePattern(draft, path, written)
  if (!compiled) return []
  const { pattern, groups } = compiled
  if (!groups.includes(EMPLOYEE_CODE)) {
    const other = groups.length > 0 ? `; it has ${groups.join(', ')}` : ''
    const hint = `as in ^B(?<${EMPLOYEE_CODE}>[0-9]{4,8})$, around what users.employee_code holds`
    draft.fault(path, `the pattern of a badge needs the group ${EMPLOYEE_CODE}${other}`, hint)
    return []
  }
  if (pattern.test('')) {
    draft.fault(path, 'this pattern takes every code for a badge', 'say what a badge begins with, after ^')
    return []
  }
  if (!written.startsWith('^')) {
    const what = 'this pattern takes every code for a badge that has such a part anywhere in it'
    draft.hint(path, what, 'begin it with ^ unless that is meant')
  }
  return [pattern]
}
