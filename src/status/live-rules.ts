/** Which conditions of a machine's rules hold at this moment, for people who ask why a rule matches, or why not. */
import type { Instant } from '../domain/instant.ts'
import type { Condition, MachineMap, StatusRule } from '../domain/machine-map.ts'
import { evaluate, type Values } from './judging/rules.ts'
import { valuesInSight } from './judging/sight.ts'
import type { ConditionAnswer } from './judging/value-test.ts'
import type { Memory } from './state.ts'

interface LiveRule {
  readonly rule: StatusRule
  readonly holds: ConditionAnswer
  /** The parts that `all` and `any` put together, in the order of the map. */
  readonly parts: readonly LiveCondition[]
}

/** A condition of one signal, or its opposite. */
interface LiveCondition {
  readonly condition: Condition
  readonly holds: ConditionAnswer
}

/** Every rule, also those behind the one that matches. */
export function liveRules(map: MachineMap, { durable, view }: Memory, at: Instant): readonly LiveRule[] {
  const values = valuesInSight({ map, view, state: durable }, at)
  return map.rules.map((rule) => ({
    rule,
    holds: evaluate(rule.when, values),
    parts: partsOf(rule.when).map((condition) => liveCondition(condition, values)),
  }))
}

function liveCondition(condition: Condition, values: Values): LiveCondition {
  return { condition, holds: evaluate(condition, values) }
}

function partsOf(condition: Condition): readonly Condition[] {
  return condition.kind === 'all' || condition.kind === 'any' ? condition.of.flatMap(partsOf) : [condition]
}
