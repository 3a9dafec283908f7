/** Turns `status:` into rules: ordered, first match wins, `else` last. */
import { keysAt } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import type { ReasonSource, StatusRule } from '../../../domain/machine-map.ts'
import type { DerivedStatus } from '../../../domain/status.ts'
import { mapWordHint } from '../../words.ts'
import { type RuleEntry, reasonCode, ruleSchema } from '../map-schema.ts'
import type { PresetRule } from '../presets/preset.ts'
import { checkReach } from './check-reach.ts'
import { type ConditionContext, compileCondition } from './compile-condition.ts'

/** How long a condition must hold before its status begins, unless the rule says otherwise. */
const DEFAULT_FOR_MS: Readonly<Record<DerivedStatus, number>> = {
  available: 2_000,
  running: 2_000,
  idle: 2_000,
  down: 1_000,
  setup: 0,
  maintenance: 0,
}
/** More rules than this nobody can follow. */
const RULES_MAX = 200

/** Rules of the map itself. */
export function compileRules(context: ConditionContext): readonly StatusRule[] {
  const { draft } = context
  const written = draft.at(['status'])
  if (!Array.isArray(written) || written.length === 0) {
    const hint = 'a list of rules, the last one - {else: true, is: idle}'
    draft.fault(
      ['status'],
      written === undefined ? '"status" is missing' : '"status" has no rules',
      hint,
      'key',
    )
    return []
  }
  if (written.length > RULES_MAX) draft.fault(['status'], 'too many rules', `at most ${RULES_MAX}`, 'key')
  const rules = written
    .slice(0, RULES_MAX)
    .map((rule, index) => compileRule(context, rule, ['status', index]))
  checkElse(context, written)
  checkReach(context, rules)
  return rules.filter((rule) => rule !== undefined)
}

/** Rules of a preset, without those that speak of signals which this machine does not have. */
export function compilePresetRules(
  context: ConditionContext,
  rules: readonly PresetRule[],
): readonly StatusRule[] {
  return rules
    .filter(({ when }) => namedIn(when).every((signal) => context.signals?.has(signal)))
    .map((rule) => withoutUnknownReason(context, rule))
    .map((rule) => compileRule(context, rule, ['preset']))
    .filter((rule) => rule !== undefined)
}

/** The signals that a preset's condition speaks of. */
function namedIn(when: unknown): readonly string[] {
  return keysAt(when).flatMap((key) =>
    key === 'not' ? namedIn((when as { readonly not: unknown }).not) : [key],
  )
}

function withoutUnknownReason(context: ConditionContext, { otherwise, ...rule }: PresetRule) {
  const { reason, ...others } = rule
  const signal = /^from (.+)$/.exec(String(reason))?.[1]
  if (signal === undefined || context.signals?.has(signal)) return rule
  return otherwise === undefined ? others : { ...others, reason: otherwise }
}

function compileRule(context: ConditionContext, written: unknown, path: Path): StatusRule | undefined {
  const { draft } = context
  const entry = draft.judgeValue(written, path, ruleSchema)
  const hasElse = keysAt(written).includes('else')
  const hasWhen = keysAt(written).includes('when')
  if (hasElse === hasWhen && entry) {
    draft.fault(
      path,
      hasElse ? 'a rule has either "when" or "else"' : 'the rule says neither "when" nor "else"',
    )
    return undefined
  }
  const raw = hasWhen ? (written as { readonly when: unknown }).when : undefined
  const when = hasWhen ? compileCondition(context, raw, [...path, 'when']) : ({ kind: 'else' } as const)
  const reason =
    entry?.reason === undefined ? undefined : compileReason(context, entry.reason, [...path, 'reason'])
  if (!entry || !when) return undefined
  const forMs = entry.for ?? DEFAULT_FOR_MS[entry.is]
  const category = categoryOf(entry, reason)
  return {
    when,
    is: entry.is,
    ...(reason && { reason }),
    ...(category && { category }),
    forMs,
    releaseMs: entry.release ?? forMs,
  }
}

function compileReason(context: ConditionContext, written: string, path: Path): ReasonSource | undefined {
  const { draft, signals } = context
  const named = /^from (.+)$/.exec(written)?.[1]
  if (named === undefined) {
    checkCode(context, written, path)
    const code = draft.judgeValue(written, path, reasonCode)
    return code === undefined ? undefined : { kind: 'fixed', code }
  }
  if (!signals) return undefined
  const sources = named.split(',').map((name) => name.trim())
  for (const name of sources.filter((name) => !signals.has(name))) {
    draft.fault(path, `unknown signal "${name}"`, mapWordHint(name, [...signals.keys()]))
  }
  return sources.every((name) => signals.has(name)) ? { kind: 'from', signals: sources } : undefined
}

/** A code that reads like the place where the code is to come from. */
function checkCode({ draft, signals }: ConditionContext, written: string, path: Path): void {
  const [, name = written] = /^from[ :]+(.+)$/i.exec(written) ?? []
  const isSource = name === written ? signals?.get(name)?.isFault : signals?.has(name)
  if (!isSource) return
  const what = name === written ? `"${written}" is a signal` : `"${written}" is not understood`
  draft.slip(path, `${what}, and would be the reason's own code here`, `did you mean "from ${name}"?`)
}

/** A code table knows its own categories; what is set up by hand is of category setup. */
function categoryOf(entry: RuleEntry, reason: ReasonSource | undefined) {
  if (entry.category) return entry.category
  return entry.is === 'setup' && reason?.kind !== 'from' ? 'setup' : undefined
}

function checkElse({ draft }: ConditionContext, written: readonly unknown[]): void {
  const first = written.findIndex((rule) => keysAt(rule).includes('else'))
  if (first < 0) {
    draft.fault(
      ['status'],
      'no rule says what is when none matches',
      'end with - {else: true, is: idle}',
      'key',
    )
  }
  for (let index = first + 1; first >= 0 && index < written.length; index++) {
    draft.fault(['status', index], 'this rule is never reached: it stands after "else"', 'move it up')
  }
}
