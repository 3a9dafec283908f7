/** Whether a rule takes a code, and what it takes out of it. */
import type { CodeMark } from '../domain/scan.ts'
import type { CodeTest } from '../domain/station-map.ts'
import type { CodeForms } from './code-forms.ts'
import { hidesElements } from './codes/gs1.ts'
import type { CodeReading } from './codes/reading.ts'
import { matchOf, type PatternMatch } from './patterns.ts'

/** A code that a rule takes. */
export interface TakenCode {
  readonly data: string
  /** By application identifier, by the map's names for data identifiers, or by the names of the pattern's groups. */
  readonly fields: ReadonlyMap<string, string>
  /** What the pattern found; null for structured codes. */
  readonly groups: PatternMatch | null
  readonly marks: readonly CodeMark[]
}

/** Null where the rule does not take the code. */
export function takenBy(takes: CodeTest, forms: CodeForms): TakenCode | null {
  switch (takes.kind) {
    case 'all':
      return { data: forms.data, fields: new Map(), groups: null, marks: [] }
    case 'match': {
      const groups = matchOf(takes.pattern, forms.data)
      return groups && { data: forms.data, fields: groups.named, groups, marks: [] }
    }
    case 'gs1':
      return forms.gs1 && takenGs1(takes.need, forms.gs1, forms.data)
    case 'iso15434':
      return forms.iso15434 && takenEnvelope(takes, forms.iso15434, forms.data)
  }
}

function takenGs1(need: readonly string[], form: CodeReading, data: string): TakenCode | null {
  // Plain digits that could be an element string are one only where they give what is needed.
  if (!form.isSure && need.length === 0) return null
  const missed = need.filter((ai) => !form.fields.has(ai))
  if (missed.length > 0 && !(form.isSure && hidesElements(form, missed))) return null
  const marks = missed.length > 0 ? [...form.marks, 'gs_lost' as const] : form.marks
  return { data, fields: form.fields, groups: null, marks }
}

function takenEnvelope(
  { fields: names, need }: Extract<CodeTest, { kind: 'iso15434' }>,
  form: CodeReading,
  data: string,
): TakenCode | null {
  const named = Object.entries(names).flatMap(([name, ids]) => {
    const id = ids.find((candidate) => form.fields.has(candidate))
    return id === undefined ? [] : [[name, form.fields.get(id) ?? ''] as const]
  })
  const fields = new Map(named)
  // Without separators nothing can be found in it; the rule for envelopes takes it nevertheless, and it is marked.
  const isRunTogether = form.marks.includes('gs_lost')
  const isTaken = isRunTogether || need.every((name) => fields.has(name))
  return isTaken ? { data, fields, groups: null, marks: form.marks } : null
}
