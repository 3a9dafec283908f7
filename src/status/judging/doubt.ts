/** Why no rule can decide. */
import type { Condition, MachineMap, ValueCondition } from '../../domain/machine-map.ts'
import type { Held } from '../view.ts'
import { evaluate, type Values } from './rules.ts'
import { expectationOf } from './value-test.ts'

/** What keeps the rules from deciding: a signal, what it shows, and what the rule can mean. */
interface Doubt {
  readonly signal: string
  /** Undefined while it has never been read since the device was connected. */
  readonly held: Held | undefined
  /** In words: `one of off, run, fault`. */
  readonly expected: string
}

/** Which value keeps the rules from deciding; undefined where they do decide. */
export function doubtOf(map: MachineMap, values: Values): Doubt | undefined {
  for (const rule of map.rules) {
    const answer = evaluate(rule.when, values)
    if (answer === true) return undefined
    if (answer === 'unknown') return doubtIn(rule.when, values)
  }
  return undefined
}

/** The first value that makes an unknown condition unknown. */
function doubtIn(condition: Condition, values: Values): Doubt | undefined {
  switch (condition.kind) {
    case 'else':
      return undefined
    case 'value':
      return evaluate(condition, values) === 'unknown' ? doubtAbout(condition, values) : undefined
    case 'not':
      return doubtIn(condition.of, values)
    case 'all':
    case 'any': {
      const unknown = condition.of.find((part) => evaluate(part, values) === 'unknown')
      return unknown && doubtIn(unknown, values)
    }
  }
}

function doubtAbout({ signal, test, meaning }: ValueCondition, values: Values): Doubt {
  return { signal, held: values[signal], expected: expectationOf(test, meaning) }
}
