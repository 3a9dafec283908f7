/** Rules in words, as near to the map as the compiled one shows it. */
import type { Condition, ReasonSource, StatusRule, ValueTest } from '../../domain/machine-map.ts'
import { rangeText } from '../../domain/range.ts'

/** `state: fault -> down, reason from fault, for 1 s`. */
export function ruleText({ when, is, reason, forMs, releaseMs }: StatusRule): string {
  const lasting = forMs === 0 ? '' : `, for ${forMs / 1_000} s`
  const releasing = releaseMs === 0 ? '' : `, release ${releaseMs / 1_000} s`
  return `${conditionText(when)} -> ${is}${reasonText(reason)}${lasting}${releasing}`
}

function reasonText(reason: ReasonSource | undefined): string {
  if (!reason) return ''
  return reason.kind === 'fixed' ? `, reason ${reason.code}` : `, reason from ${reason.signals.join(', ')}`
}

/** `state: fault`. */
export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'else':
      return 'else'
    case 'value':
      return `${condition.signal}: ${testText(condition.test)}`
    case 'not':
      return `not (${conditionText(condition.of)})`
    case 'all':
      return condition.of.map(conditionText).join(' and ')
    case 'any':
      return `(${condition.of.map(conditionText).join(' or ')})`
  }
}

function testText(test: ValueTest): string {
  switch (test.kind) {
    case 'one-of':
      return test.values.join(' | ')
    case 'range':
      return rangeText(test)
    case 'mask':
      return `& 0x${test.mask.toString(16).toUpperCase()} = 0x${test.equals.toString(16).toUpperCase()}`
  }
}
