/** Compiles `rules:` of a scanner's map: which codes each takes, what they are, and where they are looked up. */
import type { DocumentDraft } from '../../documents/draft.ts'
import type { Path } from '../../documents/place.ts'
import { type CodeTest, type LookupRule, SCAN_COMMANDS, type ScanRule } from '../../domain/station-map.ts'
import { compileBadge } from './compile-badges.ts'
import { compilePattern } from './compile-pattern.ts'
import { compileLookup } from './lookups.ts'
import { meaningOf, refuseKeys } from './rule-meanings.ts'
import { LIST_MAX, type RuleWritten, scanRuleSchema } from './station-schema.ts'
import { stationWordHint } from './words.ts'

/** The rules of a map, and the badges among them. */
interface CompiledRules {
  readonly rules: readonly PlacedRule[]
  readonly badges: readonly RegExp[]
}

/** A rule, and where it stands. */
interface PlacedRule {
  readonly rule: ScanRule
  readonly path: Path
}

const WORK_ORDER_LOOKUP = 'work_orders.work_order_number'

/** Faults are noted in the draft. Without rules every code is unknown, which is a hint and no fault. */
export function compileScanRules(draft: DocumentDraft): CompiledRules {
  const written = draft.at(['rules'])
  if (written === undefined) {
    draft.hint(['scanner'], 'without "rules" every code is stored as unknown', undefined, 'key')
    return { rules: [], badges: [] }
  }
  if (!Array.isArray(written)) {
    draft.fault(
      ['rules'],
      'rules are a list',
      'each begins with "- ", as in - {match: "^WO-", is: work_order}',
    )
    return { rules: [], badges: [] }
  }
  if (written.length > LIST_MAX.rules)
    draft.fault(['rules'], 'too many rules', `at most ${LIST_MAX.rules}`, 'key')
  const rules: PlacedRule[] = []
  const badges: RegExp[] = []
  for (const index of written.slice(0, LIST_MAX.rules).keys()) {
    const path = ['rules', index]
    const rule = draft.judge(path, scanRuleSchema)
    if (rule?.is === 'badge') badges.push(...compileBadgeRule(draft, path, rule, rules.at(-1)))
    else if (rule) rules.push(...compileRule(draft, path, rule))
  }
  checkParts(draft, rules)
  return { rules, badges }
}

function compileBadgeRule(
  draft: DocumentDraft,
  path: Path,
  { match }: RuleWritten,
  before: PlacedRule | undefined,
): readonly RegExp[] {
  const others = ['parse', 'as', 'lookup', 'key', 'need', 'di', 'part', 'collect', 'within'] as const
  refuseKeys(draft, path, others, "a badge's rule")
  if (before) {
    const { line } = draft.origin.place(before.path)
    const what = `a badge's rule stands behind another rule (line ${line})`
    draft.fault(
      path,
      what,
      'badges are tried first: move it to the top, or write the pattern under operator: badge',
    )
  }
  if (match !== undefined) return compileBadge(draft, [...path, 'match'], match)
  draft.fault(path, '"match" is missing', 'a badge is known by its pattern')
  return []
}

function compileRule(draft: DocumentDraft, path: Path, rule: RuleWritten): readonly PlacedRule[] {
  const test = testOf(draft, path, rule)
  const means = meaningOf(draft, path, rule)
  const lookup = lookupOf(draft, path, rule, test?.keys)
  if (rule.is === 'command') checkCommands(draft, path, rule, test)
  return test ? [{ path, rule: { takes: test.takes, means, lookup, scanType: rule.as ?? rule.is } }] : []
}

/** Which codes a rule takes, and what may be looked up of them; undefined keys: whatever the code has. */
interface TestDraft {
  readonly takes: CodeTest
  readonly keys: readonly string[]
}

function testOf(draft: DocumentDraft, path: Path, rule: RuleWritten): TestDraft | undefined {
  const { match, parse } = rule
  if (parse === 'gs1' || parse === 'iso15434') {
    if (match !== undefined)
      draft.fault(
        [...path, 'match'],
        `a rule has either "match" or "parse: ${parse}"`,
        'remove one of them',
        'key',
      )
    return parse === 'gs1' ? gs1Test(draft, path, rule) : envelopeTest(draft, path, rule)
  }
  refuseKeys(draft, path, ['need', 'di'], 'a rule without parse: gs1 or iso15434')
  if (match !== undefined) {
    const compiled = compilePattern(draft, [...path, 'match'], match)
    return compiled && { takes: { kind: 'match', pattern: compiled.pattern }, keys: compiled.groups }
  }
  if (parse === 'none') return { takes: { kind: 'all' }, keys: [] }
  draft.fault(
    path,
    'this rule does not say which codes it takes',
    'write match: PATTERN, or parse: gs1, iso15434 or none',
  )
  return undefined
}

const APPLICATION_IDENTIFIER = /^\d{2,4}$/

function gs1Test(draft: DocumentDraft, path: Path, { need = [], key }: RuleWritten): TestDraft {
  refuseKeys(draft, path, ['di'], 'a rule with parse: gs1')
  const hint = 'two to four digits in quotes, as in "01" or "10"'
  for (const [index, ai] of need.entries()) {
    if (!APPLICATION_IDENTIFIER.test(ai))
      draft.fault([...path, 'need', index], `"${ai}" is no application identifier`, hint)
  }
  if (key !== undefined && !APPLICATION_IDENTIFIER.test(key))
    draft.fault([...path, 'key'], `"${key}" is no application identifier`, hint)
  return { takes: { kind: 'gs1', need }, keys: key === undefined ? [] : [key] }
}

const DATA_IDENTIFIER = /^\d{0,3}[A-Z]$/

function envelopeTest(draft: DocumentDraft, path: Path, { need = [], di }: RuleWritten): TestDraft {
  if (di === undefined)
    draft.fault(
      path,
      '"di" is missing',
      'it names what stands in the envelope, as in di: {part: [P, 1P], qty: Q}',
    )
  const named = Object.entries(di ?? {}).map(
    ([name, ids]) => [name, typeof ids === 'string' ? [ids] : ids] as const,
  )
  for (const [name, ids] of named) {
    for (const [index, id] of ids.entries()) {
      if (DATA_IDENTIFIER.test(id)) continue
      const at = typeof di?.[name] === 'string' ? [...path, 'di', name] : [...path, 'di', name, index]
      const upper = id.toUpperCase()
      const hint = DATA_IDENTIFIER.test(upper)
        ? `did you mean "${upper}"?`
        : 'a letter with up to three digits before it: P, 1T'
      draft.fault(at, `"${id}" is no data identifier`, hint)
    }
  }
  const names = named.map(([name]) => name)
  for (const [index, name] of need.entries()) {
    if (di !== undefined && !names.includes(name))
      draft.fault(
        [...path, 'need', index],
        `"${name}" is not among the names of di`,
        stationWordHint(name, names),
      )
  }
  return { takes: { kind: 'iso15434', fields: Object.fromEntries(named), need }, keys: names }
}

function lookupOf(
  draft: DocumentDraft,
  path: Path,
  { is, parse, lookup, key }: RuleWritten,
  keys: readonly string[] | undefined,
): LookupRule | null {
  if (is === 'command' || is === 'downtime_reason') {
    refuseKeys(draft, path, ['lookup', 'key'], `a rule with is: ${is}`)
    return null
  }
  // That it has no lookup is a fault of its meaning.
  if (is === 'no_scan') return null
  const wanted = lookup ?? (is === 'work_order' ? WORK_ORDER_LOOKUP : undefined)
  if (wanted === undefined) {
    if (key !== undefined)
      draft.fault(
        [...path, 'key'],
        '"key" has no meaning without "lookup"',
        'say where it is looked up, as in lookup: any',
        'key',
      )
    return null
  }
  const places = compileLookup(draft, [...path, 'lookup'], wanted)
  if (key !== undefined && keys && !keys.includes(key)) {
    const none = keys.length === 0 ? 'this rule names no parts of a code' : stationWordHint(key, keys)
    draft.fault([...path, 'key'], `"${key}" is not a part of the code that this rule knows`, none)
  }
  const isStructured = parse === 'gs1' || parse === 'iso15434'
  if (isStructured && key === undefined && places.every(({ table }) => table !== 'barcode_labels')) {
    const names =
      parse === 'gs1' ? 'an application identifier, as in key: "01"' : 'a name of di, as in key: part'
    draft.hint([...path, 'lookup'], 'without "key" the whole code is looked up', `name its part: ${names}`)
  }
  return places.length === 0 ? null : { places, key: key ?? null }
}

/** A group of nothing but words: with a name, without one, or one that is no part of a code. The first that is there counts. */
const COMMAND_WORDS = [
  /\(\?<\w+>([a-z_]+(?:\|[a-z_]+)*)\)/i,
  /\(([a-z_]+(?:\|[a-z_]+)*)\)/i,
  /\(\?:([a-z_]+(?:\|[a-z_]+)+)\)/i,
]

/** The words between bars are what a command's pattern takes; small letters mean the same. */
function checkCommands(
  draft: DocumentDraft,
  path: Path,
  { match = '', parse }: RuleWritten,
  test: TestDraft | undefined,
): void {
  if (parse === 'gs1' || parse === 'iso15434')
    draft.fault([...path, 'parse'], 'a command is a plain code', 'write match: PATTERN')
  const choices = COMMAND_WORDS.flatMap((group) => group.exec(match)?.[1] ?? [])[0] ?? ''
  for (const word of choices.split('|').filter((word) => word !== '')) {
    if (!SCAN_COMMANDS.some((command) => command === word.toUpperCase()))
      draft.fault([...path, 'match'], `"${word}" is no command`, stationWordHint(word, SCAN_COMMANDS))
  }
  if (choices === '' && test?.takes.kind === 'match')
    checkWholeCommand(draft, path, match, test.takes.pattern)
}

/** Where a pattern has no group, the whole code must be a command. */
function checkWholeCommand(draft: DocumentDraft, path: Path, match: string, pattern: RegExp): void {
  const hasGroup = /(?<!\\)\((?!\?[:a-z])/.test(match)
  if (hasGroup || SCAN_COMMANDS.some((word) => pattern.test(word) || pattern.test(word.toLowerCase()))) return
  const hint = 'put the command in parentheses, as in ^!(START|PAUSE)$'
  draft.fault([...path, 'match'], 'no code that this pattern takes is a command', hint)
}

/** A label is complete once all of its parts were scanned: each must have a rule, and all must name the same ones. */
function checkParts(draft: DocumentDraft, rules: readonly PlacedRule[]): void {
  const parts = rules.flatMap(({ rule: { means }, path }) =>
    means.kind === 'part' ? [{ ...means, path: [...path, 'collect'] }] : [],
  )
  for (const [index, label] of parts.entries()) {
    const missing = label.collect.find((name) => !parts.some(({ part }) => part === name))
    if (missing !== undefined)
      draft.fault(label.path, `no rule takes the part "${missing}"`, `write a rule with part: ${missing}`)
    const before = parts.slice(0, index).find(({ collect }) => collect.includes(label.part))
    if (!before || isSameLabel(before, label)) continue
    const { line } = draft.origin.place(before.path)
    draft.fault(label.path, `the label of line ${line} has other parts or another time`, 'write both alike')
  }
}

interface Label {
  readonly collect: readonly string[]
  readonly withinMs: number
}

function isSameLabel(one: Label, other: Label): boolean {
  const names = ({ collect }: Label) => collect.toSorted().join('\n')
  return one.withinMs === other.withinMs && names(one) === names(other)
}
