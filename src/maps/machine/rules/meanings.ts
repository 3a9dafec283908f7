/** Tells conditions what their signals may show, so that a value beyond it is unknown to them and not taken for a no. */
import { valueConditions } from '../../../domain/conditions.ts'
import type { Condition, Meaning, StatusRule, ValueTest } from '../../../domain/machine-map.ts'
import type { SignalInDraft } from '../signals/compile-signals.ts'

/** The rules, with the meaning of every signal that has names. */
export function withMeanings(
  rules: readonly StatusRule[],
  signals: readonly SignalInDraft[],
): readonly StatusRule[] {
  const asked = rules.flatMap(({ when }) => valueConditions(when))
  const meanings = new Map(
    signals.flatMap(({ name, entry }): [string, Meaning][] => {
      const spoken = asked.filter(({ signal }) => signal === name).flatMap(({ test }) => ofNumbers(test))
      return entry?.names ? [[name, { names: entry.names, spoken }]] : []
    }),
  )
  return rules.map((rule) => ({ ...rule, when: withMeaning(rule.when, meanings) }))
}

function withMeaning(condition: Condition, meanings: ReadonlyMap<string, Meaning>): Condition {
  switch (condition.kind) {
    case 'else':
      return condition
    case 'value': {
      const meaning = meanings.get(condition.signal)
      return meaning ? { ...condition, meaning } : condition
    }
    case 'not':
      return { ...condition, of: withMeaning(condition.of, meanings) }
    case 'all':
    case 'any':
      return { ...condition, of: condition.of.map((part) => withMeaning(part, meanings)) }
  }
}

/** What a test says of numbers; nothing where it only names words. */
function ofNumbers(test: ValueTest): readonly ValueTest[] {
  if (test.kind !== 'one-of') return [test]
  const values = test.values.filter((value) => typeof value === 'number')
  return values.length > 0 ? [{ kind: 'one-of', values }] : []
}
