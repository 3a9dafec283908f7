/** What a code is, by the ordered rules of the station's map. The first rule that takes it decides. */
import { type CodeMark, type CodeMeaning, OWN_SCAN_TYPES, type ScannedCode } from '../domain/scan.ts'
import { SCAN_COMMANDS, type ScanCommand, type ScanRule, type StationMap } from '../domain/station-map.ts'
import { type CodeForms, codeForms } from './code-forms.ts'
import type { Payload } from './codes/payload.ts'
import type { PatternMatch } from './patterns.ts'
import { type TakenCode, takenBy } from './take-code.ts'

/** What of a map says what a code is. */
export type CodeRules = Pick<StationMap, 'rules' | 'reasons'>

/** What a code is by the first rule that takes it; of a code that none takes, `unknown`. */
export function classify(map: CodeRules, payload: Payload): ScannedCode {
  const [first] = takersOf(map, payload)
  return first?.code ?? unknown(payload, map)
}

/** Every rule that takes a code, by its index, and what the code is by that rule. Asking for the first alone asks no other rule. */
export function* takersOf(map: CodeRules, payload: Payload): Generator<{ rule: number; code: ScannedCode }> {
  const forms = codeForms(payload)
  for (const [index, rule] of map.rules.entries()) {
    const taken = takenBy(rule.takes, forms)
    const meaning = taken && meaningOf(rule, taken, map)
    if (taken && meaning) yield { rule: index, code: codeOf(payload, rule, taken, meaning) }
  }
}

function codeOf(payload: Payload, rule: ScanRule, taken: TakenCode, meaning: CodeMeaning): ScannedCode {
  const { lookup } = rule
  const key = lookup && countingPart(rule, taken)
  return {
    data: payload.data,
    aimId: payload.aimId,
    scanType: rule.scanType,
    meaning,
    lookup: lookup && key ? { places: lookup.places, code: key } : null,
    fields: bounded(taken.fields),
    marks: marksOf(payload, taken.marks),
  }
}

function unknown(payload: Payload, map: CodeRules): ScannedCode {
  const { data, aimId } = payload
  const forms = codeForms(payload)
  const missed = map.rules.map(({ takes }) => missedForm(takes.kind, forms)).find((form) => form !== null)
  return {
    data,
    aimId,
    scanType: OWN_SCAN_TYPES.unknown,
    meaning: { kind: 'unknown' },
    lookup: null,
    fields: missed ? bounded(missed.fields) : {},
    marks: marksOf(payload, missed ? [...missed.marks, 'need_missing'] : []),
  }
}

/** The form that rules of one kind look for, where the code surely has it: such a rule did not find what it needs. */
function missedForm(kind: ScanRule['takes']['kind'], forms: CodeForms) {
  if (kind !== 'gs1' && kind !== 'iso15434') return null
  const form = forms[kind]
  return form?.isSure ? form : null
}

/** Null where the rule takes only codes with a certain content, and this is none of them. */
function meaningOf(rule: ScanRule, taken: TakenCode, map: CodeRules): CodeMeaning | null {
  const { means } = rule
  switch (means.kind) {
    case 'command':
      return commandOf(taken)
    case 'work_order': {
      const workOrder = countingPart(rule, taken)
      return workOrder ? { kind: 'work_order', workOrder } : null
    }
    case 'downtime_reason': {
      const reason = countingPart(rule, taken)
      return reason ? { kind: 'downtime_reason', reason, ...reasonMeaning(map, reason) } : null
    }
    default:
      return means
  }
}

/** The part of the code that counts: what the lookup's key names, else the first group that has a name, else all of it. */
function countingPart({ lookup }: ScanRule, { fields, groups, data }: TakenCode): string | null {
  if (lookup?.key) return fields.get(lookup.key) ?? null
  return firstNamed(groups) || data
}

function firstNamed(groups: PatternMatch | null): string | undefined {
  return groups?.named.values().next().value
}

/** A command may also stand in a group without a name, as in `^!(START|PAUSE)$`. */
function commandOf({ groups, data }: TakenCode): CodeMeaning | null {
  const words = [firstNamed(groups), groups?.first, data]
  const command = words.map((word) => word?.toUpperCase()).find(isCommand)
  return command ? { kind: 'command', command } : null
}

function isCommand(word: string | undefined): word is ScanCommand {
  return SCAN_COMMANDS.some((command) => command === word)
}

function reasonMeaning({ reasons }: CodeRules, code: string) {
  const known = Object.hasOwn(reasons, code) ? reasons[code] : undefined
  return known ?? { category: null, status: null }
}

function marksOf(payload: Payload, marks: readonly CodeMark[]): readonly CodeMark[] {
  return [...new Set([...payload.marks, ...marks])]
}

/** So that a row's notes stay short, whatever was scanned. The code itself is stored whole. */
function bounded(fields: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const first = [...fields].slice(0, FIELDS_MAX)
  return Object.fromEntries(first.map(([name, value]) => [name, value.slice(0, FIELD_LENGTH_MAX)]))
}
const FIELDS_MAX = 32
const FIELD_LENGTH_MAX = 255
