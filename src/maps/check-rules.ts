/**
 * Says in words what is wrong with the rules of stations beside each other, and plays the examples of their maps. It can take
 * seconds, so that only `check` does it: a running gateway takes a map as it is.
 */
import { condensed } from '../documents/condense.ts'
import { createDraft, isRecord } from '../documents/draft.ts'
import type { Path } from '../documents/place.ts'
import { shown } from '../documents/quantities.ts'
import type { YamlSource } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { checkRules, type RuleFinding } from '../scans/rule-check.ts'
import type { MapFile } from './map-file.ts'
import { isStationMap } from './map-kind.ts'
import { compileExamples } from './station/examples.ts'

/** What is found in the rules of these files. */
interface RuleVerdict {
  readonly faults: readonly ConfigFault[]
  readonly hints: readonly ConfigFault[]
}

/** Files without a good map are passed over: their own faults come first. */
export function judgeRules(files: readonly Pick<MapFile, 'map' | 'source'>[]): RuleVerdict {
  const drafts = files.flatMap(({ map, source }) => {
    if (!map || !isStationMap(map)) return []
    const draft = createDraft(source)
    const naming = namingOf(source)
    for (const finding of checkRules(map, compileExamples(draft))) {
      const { path, what, hint, isAllowed } = wordsOf(finding, naming)
      const note = isAllowed ? draft.hint : draft.fault
      note(path, what, hint)
    }
    return [draft]
  })
  return {
    faults: drafts.flatMap(({ faults }) => condensed(faults)),
    hints: drafts.flatMap(({ hints }) => condensed(hints)),
  }
}

/** How rules are named to people. */
interface Naming {
  readonly pathOf: (rule: number) => Path
  readonly lineOf: (rule: number) => string
}

/** The compiled rules are those of the file without those of badges. */
function namingOf({ value, place }: YamlSource): Naming {
  const written = isRecord(value) && Array.isArray(value.rules) ? (value.rules as readonly unknown[]) : []
  const indices = [...written.keys()].filter((index) => {
    const rule = written[index]
    return !(isRecord(rule) && rule.is === 'badge')
  })
  const pathOf = (rule: number) => ['rules', indices[rule] ?? 0]
  return { pathOf, lineOf: (rule) => `line ${place(pathOf(rule)).line}` }
}

/** A finding for the person who wrote the rules. */
interface RuleWords {
  readonly path: Path
  readonly what: string
  readonly hint?: string
  /** It can be meant so. */
  readonly isAllowed?: true
}

const NARROWER = 'make one of the patterns narrower if that is not meant'

function wordsOf(finding: RuleFinding, { pathOf, lineOf }: Naming): RuleWords {
  switch (finding.kind) {
    case 'never_reached': {
      const before = finding.before.map(lineOf).join(' and ')
      const takers = before === '' ? 'badges take' : `what stands before it (${before}) takes`
      const what = `no code ever comes to this rule: ${takers} all that it would take`
      return { path: pathOf(finding.rule), what, hint: 'move it in front, or remove it' }
    }
    case 'takes_nothing':
      return {
        path: [...pathOf(finding.rule), 'match'],
        what: 'no code can ever be as this pattern wants it',
      }
    case 'overlap': {
      const other = finding.other === null ? 'a pattern of badges' : `the rule of ${lineOf(finding.other)}`
      const what = `this rule and ${other} both take ${shown(finding.text)}, which never comes to this one`
      return { path: pathOf(finding.rule), what, hint: NARROWER, isAllowed: true }
    }
    case 'nameless_groups': {
      const what = 'no group of this pattern has a name, so the whole code counts'
      const hint = 'name the part that counts: (?<number>…)'
      return { path: [...pathOf(finding.rule), 'match'], what, hint, isAllowed: true }
    }
    case 'example_differs': {
      const what = `this example is ${shown(finding.is)}${takerOf(finding, lineOf)}`
      return {
        path: ['examples', finding.example],
        what,
        hint: 'correct the rules, or what the example says',
      }
    }
    case 'example_twice': {
      const [first, other] = finding.rules.map(lineOf)
      const what = `the rules of ${first} and ${other} both take this example; the first of them has it`
      return { path: ['examples', finding.example], what, hint: NARROWER, isAllowed: true }
    }
  }
}

function takerOf(
  { is, rule }: Extract<RuleFinding, { kind: 'example_differs' }>,
  lineOf: Naming['lineOf'],
): string {
  if (rule !== null) return `, by the rule of ${lineOf(rule)}`
  return is === 'unknown' ? ': no rule takes it' : ', by a pattern of badges'
}
