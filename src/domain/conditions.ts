/** What a condition asks of single signals, whatever stands around that. */
import type { Condition, ValueCondition } from './machine-map.ts'

/** The parts of a condition that each look at the value of one signal, in order. */
export function valueConditions(condition: Condition): readonly ValueCondition[] {
  switch (condition.kind) {
    case 'else':
      return []
    case 'value':
      return [condition]
    case 'not':
      return valueConditions(condition.of)
    case 'all':
    case 'any':
      return condition.of.flatMap(valueConditions)
  }
}
