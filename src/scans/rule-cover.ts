/**
 * Whether one rule of a station takes every code that another takes: proven from the patterns and from what structured codes need.
 * A `true` is certain; a `false` may also mean that it could not be found out.
 */
import type { CodeTest, ScanRule } from '../domain/station-map.ts'
import { isWithin, languageOf, type PatternLanguage, textInBoth } from './pattern-language.ts'

/** A rule with the texts that it takes; null where they cannot be told from a pattern. */
export interface RuleReach {
  readonly rule: ScanRule
  readonly language: PatternLanguage | null
}

/** What can be proven about one rule. */
export function reachOf(rule: ScanRule): RuleReach {
  return { rule, language: rule.takes.kind === 'match' ? languageOf(rule.takes.pattern) : null }
}

/** Whether earlier rules leave nothing for a later one: a single one of them, or all of those with patterns together. */
export function coversOf(later: RuleReach, earlier: readonly RuleReach[]): readonly RuleReach[] {
  const takers = earlier.filter(({ rule }) => takesAllItTests(rule))
  const single = takers.find((one) => isTestWithin(later, one))
  if (single) return [single]
  const { language } = later
  if (!language) return []
  const near = takers.flatMap((reach) => {
    const isNear = reach.language !== null && textInBoth(language, reach.language) !== null
    return isNear ? [{ reach, language: reach.language }] : []
  })
  const isCovered = isWithin(
    language,
    near.map((one) => one.language),
  )
  return isCovered ? near.map(({ reach }) => reach) : []
}

/** Whether a rule's test takes only codes that the other's takes as well. */
export function isTestWithin(one: RuleReach, other: RuleReach): boolean {
  const [inner, outer] = [one.rule.takes, other.rule.takes]
  if (outer.kind === 'all') return true
  if (inner.kind === 'gs1' && outer.kind === 'gs1') return isGs1Within(inner.need, outer.need)
  if (inner.kind === 'iso15434' && outer.kind === 'iso15434') return isEnvelopeWithin(inner, outer)
  return one.language !== null && other.language !== null && isWithin(one.language, [other.language])
}

/** A rule without needs takes only what is GS1 beyond doubt, so it leaves digits without AIM identifier to one that has some. */
function isGs1Within(inner: readonly string[], outer: readonly string[]): boolean {
  const isSureEnough = outer.length > 0 || inner.length === 0
  return isSureEnough && outer.every((ai) => inner.includes(ai))
}

type EnvelopeTest = Extract<CodeTest, { kind: 'iso15434' }>

/** Each thing that the outer rule needs is found wherever the inner one finds what it needs. */
function isEnvelopeWithin(inner: EnvelopeTest, outer: EnvelopeTest): boolean {
  return outer.need.every((wanted) => {
    const wantedIds = outer.fields[wanted] ?? []
    return inner.need.some((name) => (inner.fields[name] ?? [NO_ID]).every((id) => wantedIds.includes(id)))
  })
}
/** Of a name that the rule does not explain: it is never found. */
const NO_ID = ''

/** Some rules leave codes that their test takes to others: words that are no command, and codes in which the key is missing. */
function takesAllItTests({ means, lookup }: ScanRule): boolean {
  const needsKey = means.kind === 'work_order' || means.kind === 'downtime_reason'
  return means.kind !== 'command' && !(needsKey && lookup?.key != null)
}
