/** What the codes of a rule are: one of the station's own words, or whatever the site calls it. */
import type { DocumentDraft } from '../../documents/draft.ts'
import { distance } from '../../documents/nearest-word.ts'
import type { Path } from '../../documents/place.ts'
import { OWN_SCAN_TYPES } from '../../domain/scan.ts'
import { type RuleMeaning, SCAN_COMMANDS } from '../../domain/station-map.ts'
import type { RuleWritten } from './station-schema.ts'
import { STATION_SYNONYMS, stationWordHint } from './words.ts'

/** Words that a station acts on. */
const OWN_WORDS = ['badge', 'work_order', 'command', 'downtime_reason', 'no_scan'] as const
/** The gateway itself writes these as `scan_type`, or may for commands that have no row yet: a rule must not look like it. */
const KEPT_WORDS = [
  ...Object.values(OWN_SCAN_TYPES),
  ...SCAN_COMMANDS.map((command) => `work_order_${command.toLowerCase()}`),
] as readonly string[]
const PART_WITHIN_MS = 20_000

/** The meaning of a rule that is no badge's. Faults are noted in the draft. */
export function meaningOf(draft: DocumentDraft, path: Path, rule: RuleWritten): RuleMeaning {
  checkWords(draft, path, rule)
  const { is, part, collect, within } = rule
  if (is === 'command' || is === 'work_order' || is === 'downtime_reason') {
    refuseKeys(draft, path, ['part', 'collect', 'within'], `a rule with is: ${is}`)
    return { kind: is }
  }
  if (is === 'no_scan') {
    refuseKeys(draft, path, ['as', 'lookup', 'key', 'part', 'collect', 'within'], 'a rule with is: no_scan')
    return { kind: is }
  }
  if (part === undefined || collect === undefined) {
    const lone = part === undefined ? (['collect', 'within'] as const) : (['part'] as const)
    const missing = part === undefined ? 'part' : 'collect'
    const hint = `write ${missing} beside it, as in part: P, collect: [P, Q, S]`
    for (const key of lone.filter((key) => rule[key] !== undefined))
      draft.fault([...path, key], `"${key}" has no meaning without "${missing}"`, hint, 'key')
    return { kind: 'reference' }
  }
  if (!collect.includes(part)) {
    const hint = stationWordHint(part, collect)
    draft.fault([...path, 'part'], `"${part}" is none of the parts that are collected`, hint)
  }
  const twice = collect.findIndex((name, index) => collect.indexOf(name) < index)
  if (twice >= 0) draft.fault([...path, 'collect', twice], `the part "${collect[twice]}" stands here twice`)
  return { kind: 'part', part, collect, withinMs: within ?? PART_WITHIN_MS }
}

/** Keys that have no meaning for what a rule is. */
export function refuseKeys(
  draft: DocumentDraft,
  path: Path,
  keys: readonly (keyof RuleWritten)[],
  what: string,
): void {
  for (const key of keys.filter((key) => draft.at([...path, key]) !== undefined)) {
    draft.fault([...path, key], `"${key}" has no meaning in ${what}`, 'remove it', 'key')
  }
}

/** A mistyped word would make a reference of every work order, and nobody would notice. */
function checkWords(draft: DocumentDraft, path: Path, { is, as }: RuleWritten): void {
  if (!OWN_WORDS.some((word) => word === is)) {
    const meant = OWN_WORDS.find((word) => distance(plain(word), plain(is)) <= 1) ?? STATION_SYNONYMS[is]
    if (meant !== undefined && OWN_WORDS.some((word) => word === meant))
      draft.fault([...path, 'is'], `"${is}" is not what a code can be`, `did you mean "${meant}"?`)
  }
  for (const [key, word] of Object.entries({ is, as })) {
    if (word !== undefined && KEPT_WORDS.includes(word))
      draft.fault([...path, key], `"${word}" is what the gateway itself writes`, 'choose another word')
  }
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[\s_-]/g, '')
}
