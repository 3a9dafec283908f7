/**
 * What is wrong with the rules of a station, as far as it can be proven or shown with an example. Rules are named by their index,
 * so that whoever asks can say where they stand in the file.
 */
import type { ScanRule } from '../domain/station-map.ts'
import { takersOf } from './classify.ts'
import { type Payload, payloadOf } from './codes/payload.ts'
import { withSeparators } from './codes/separators.ts'
import { isWithin, languageOf, type PatternLanguage, textInBoth } from './pattern-language.ts'
import { groupsOf } from './patterns.ts'
import { coversOf, isTestWithin, type RuleReach, reachOf } from './rule-cover.ts'
import { type ScanRules, understand } from './understand.ts'

/**
 * A scan, with the AIM identifier in front where one is sent and with `<GS>` for a separator, and what it is to be: what a rule
 * says in `is` or `as`, or `badge`, or `unknown`.
 */
export interface ScanExample {
  readonly scan: string
  readonly is: string
}

/** Something that is wrong, or may be. */
export type RuleFinding =
  /** Proven: no code ever comes to this rule, since those before take them all: `before`, or badges where that is empty. */
  | { readonly kind: 'never_reached'; readonly rule: number; readonly before: readonly number[] }
  /** Proven: its pattern takes no text at all, as `x$y`. */
  | { readonly kind: 'takes_nothing'; readonly rule: number }
  /** Both take `text`, and neither takes everything that the other takes. `other` is the earlier one, or null for a badge. */
  | { readonly kind: 'overlap'; readonly rule: number; readonly other: number | null; readonly text: string }
  /** Its pattern has groups but none with a name: the whole code counts, which is hardly meant. */
  | { readonly kind: 'nameless_groups'; readonly rule: number }
  /** An example is something else than it says. `rule`: which takes it; null: none, or a badge. */
  | {
      readonly kind: 'example_differs'
      readonly example: number
      readonly is: string
      readonly rule: number | null
    }
  /** Two rules take an example, and neither takes everything that the other takes. */
  | { readonly kind: 'example_twice'; readonly example: number; readonly rules: readonly [number, number] }

/**
 * For `check` alone: with a hundred rules it can take seconds, in which a running gateway would stand still.
 * @returns unreached rules first, then overlaps, then the rest, each in the order of the rules
 */
export function checkRules(map: ScanRules, examples: readonly ScanExample[]): readonly RuleFinding[] {
  const reaches = map.rules.map(reachOf)
  const badges = map.operator.badges.flatMap((pattern) => languageOf(pattern) ?? [])
  const unreached = reaches.flatMap((_, rule) => unreachedRule(reaches, badges, rule))
  const isReached = (index: number) => unreached.every(({ rule }) => rule !== index)
  const overlaps = reaches.flatMap((_, rule) =>
    isReached(rule) ? overlapsOf(map, reaches, badges, rule) : [],
  )
  return [
    ...unreached,
    ...overlaps,
    ...map.rules.flatMap(namelessGroups),
    ...examples.flatMap((example, index) => playExample(map, reaches, example, index)),
  ]
}

type Unreached = Extract<RuleFinding, { kind: 'never_reached' | 'takes_nothing' }>

function unreachedRule(
  reaches: readonly RuleReach[],
  badges: readonly PatternLanguage[],
  rule: number,
): readonly Unreached[] {
  const reach = reaches[rule]
  if (!reach) return []
  const { language } = reach
  if (language?.inside.isEmpty) return [{ kind: 'takes_nothing', rule }]
  if (language && isWithin(language, badges)) return [{ kind: 'never_reached', rule, before: [] }]
  const covers = coversOf(reach, reaches.slice(0, rule))
  if (covers.length === 0) return []
  return [{ kind: 'never_reached', rule, before: covers.map((cover) => reaches.indexOf(cover)) }]
}

type Overlap = Extract<RuleFinding, { kind: 'overlap' }>

/** A general rule behind a special one is as it should be, and no overlap. */
function overlapsOf(
  map: ScanRules,
  reaches: readonly RuleReach[],
  badges: readonly PatternLanguage[],
  rule: number,
): readonly Overlap[] {
  const later = reaches[rule]
  if (!later?.language) return []
  const { language } = later
  const withBadges = badges.flatMap((badge): readonly Overlap[] => {
    const text = isWithin(badge, [language]) ? null : textInBoth(badge, language)
    return text === null ? [] : [{ kind: 'overlap', rule, other: null, text }]
  })
  const withEarlier = reaches.slice(0, rule).flatMap((earlier, other): readonly Overlap[] => {
    if (!earlier.language || isTestWithin(earlier, later)) return []
    const text = textInBoth(earlier.language, language)
    if (text === null) return []
    // A rule for commands leaves other words to those behind it.
    const takers = takersAt(map, { data: text, aimId: null, marks: [] })
    return takers.includes(other) && takers.includes(rule) ? [{ kind: 'overlap', rule, other, text }] : []
  })
  return [...withBadges, ...withEarlier]
}

function takersAt(map: ScanRules, payload: Payload): readonly number[] {
  return [...takersOf(map, payload)].map(({ rule }) => rule)
}

function namelessGroups({ takes, means, lookup }: ScanRule, rule: number): readonly RuleFinding[] {
  if (takes.kind !== 'match' || lookup?.key) return []
  const isPartWanted = lookup !== null || means.kind === 'work_order' || means.kind === 'downtime_reason'
  const { all, named } = groupsOf(takes.pattern)
  return isPartWanted && all > 0 && named === 0 ? [{ kind: 'nameless_groups', rule }] : []
}

function playExample(
  map: ScanRules,
  reaches: readonly RuleReach[],
  { scan, is }: ScanExample,
  example: number,
): readonly RuleFinding[] {
  const raw = {
    kind: 'scan',
    bytes: Buffer.from(withSeparators(scan)),
    aimId: null,
    at: NO_MATTER_WHEN,
  } as const
  const understood = understand(map, raw)
  if (understood.kind !== 'code')
    return is === BADGE ? [] : [{ kind: 'example_differs', example, is: BADGE, rule: null }]
  const { scanType, meaning } = understood.code
  const [first, ...others] = takersAt(map, payloadOf(raw, map.payload))
  if (scanType !== is && meaning.kind !== is)
    return [{ kind: 'example_differs', example, is: scanType, rule: first ?? null }]
  return others.flatMap((other): readonly RuleFinding[] => {
    const [special, general] = [reaches[first ?? other], reaches[other]]
    const isMeant = special && general && isTestWithin(special, general)
    return isMeant ? [] : [{ kind: 'example_twice', example, rules: [first ?? other, other] }]
  })
}
const BADGE = 'badge'
const NO_MATTER_WHEN = { boot: '', wallMs: 0, monoMs: 0 }
