/** Understands `when:` and `refused_when:`: what is asked of fields, or of the results of a call. */
import { type DocumentDraft, isRecord, keysAt } from '../../documents/draft.ts'
import type { Path } from '../../documents/place.ts'
import { requireWord } from './compile-value.ts'
import { testSchema, wantedSchema } from './forms.ts'
import type { Constant, FieldTest, FieldTests } from './mapped-route.ts'
import type { KnownField } from './vocabulary.ts'

/** What is tested, by its name; where there is no such thing, a fault is noted. */
type FindField = (path: Path, name: string) => KnownField | undefined

/** One group of tests, or a list of groups; none where nothing is written. Faults are noted in the draft. */
export function compileTests(draft: DocumentDraft, path: Path, findField: FindField): readonly FieldTests[] {
  const written = draft.at(path)
  if (written === undefined) return []
  const groups = Array.isArray(written) ? written.map((_, index) => [...path, index]) : [path]
  return groups.map((group) =>
    keysAt(draft.at(group)).flatMap((field) => {
      const at = [...group, field]
      const known = findField(at, field)
      return (known && compileTest(draft, at, known)) ?? []
    }),
  )
}

function compileTest(draft: DocumentDraft, path: Path, known: KnownField): FieldTest | undefined {
  const field = known.name
  if (!isRecord(draft.at(path))) {
    const wanted = draft.judge(path, wantedSchema)
    return wanted === undefined ? undefined : { field, oneOf: wordsIn(draft, path, known, wanted) }
  }
  const test = draft.judge(path, testSchema)
  if (!test) return undefined
  const { not, from, to, starts_with: startsWith, is: presence } = test
  if (Object.keys(test).length === 0) {
    draft.fault(path, `nothing is asked of "${field}"`, 'as in {not: down}, {from: 60} or {is: present}')
    return undefined
  }
  return {
    field,
    noneOf: not === undefined ? undefined : wordsIn(draft, [...path, 'not'], known, not),
    from,
    to,
    startsWith: typeof startsWith === 'string' ? [startsWith] : startsWith,
    presence,
  }
}

/** The values as a list, each of which the field may have. */
function wordsIn(
  draft: DocumentDraft,
  path: Path,
  known: KnownField,
  wanted: Constant | readonly Constant[],
): readonly Constant[] {
  if (!isList(wanted)) {
    requireWord(draft, path, known, wanted)
    return [wanted]
  }
  for (const [index, word] of wanted.entries()) requireWord(draft, [...path, index], known, word)
  return wanted
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}
