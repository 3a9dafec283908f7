/** Turns `reasons:` into code tables: single codes first, then ranges, then `"*"` for all others. */

import { type DocumentDraft, isRecord, keysAt } from '../../documents/draft.ts'
import type { Path } from '../../documents/place.ts'
import type { FaultSignal, ReasonRange, StatusRule } from '../../domain/machine-map.ts'
import { mapWordHint } from '../words.ts'
import type { SignalDraft } from './compile-signals.ts'
import { reasonSchema } from './map-schema.ts'

const DEFAULT_SETTLE_MS = 5_000
/** More lines than this belong into the MES. */
const REASONS_MAX = 5_000

/** A fault signal is one by its role, because a rule takes its reason from it, or because it has a table. */
export function compileFaults(
  draft: DocumentDraft,
  signals: readonly SignalDraft[],
  rules: readonly StatusRule[],
): readonly FaultSignal[] {
  const tables = draft.at(['reasons'])
  if (tables !== undefined && !isRecord(tables)) {
    draft.fault(
      ['reasons'],
      '"reasons" is a group of signals',
      'as in reasons: {fault: {101: {code: jam}}}',
      'key',
    )
  }
  const names = signals.map(({ name }) => name)
  for (const name of keysAt(tables).filter((name) => !names.includes(name))) {
    draft.fault(['reasons', name], `unknown signal "${name}"`, mapWordHint(name, names), 'key')
  }
  const referred = rules.flatMap(({ reason }) => (reason?.kind === 'from' ? [reason.signal] : []))
  const wanted = new Set([...referred, ...keysAt(tables)])
  return signals
    .filter(({ name, entry }) => entry?.role === 'fault_code' || wanted.has(name))
    .map(({ name, entry }) => ({
      signal: name,
      latch: entry?.latch ?? 'first',
      settleMs: entry?.settle ?? DEFAULT_SETTLE_MS,
      reasons: compileTable(draft, ['reasons', name]),
    }))
}

interface Line {
  readonly path: Path
  readonly range: ReasonRange
}

function compileTable(draft: DocumentDraft, path: Path): readonly ReasonRange[] {
  const table = draft.at(path)
  if (table === undefined) return []
  if (!isRecord(table)) {
    draft.fault(path, 'a table of reasons is a group of codes', 'as in {101: {code: jam}}', 'key')
    return []
  }
  const keys = Object.keys(table)
  if (keys.length > REASONS_MAX) draft.fault(path, 'too many reasons', `at most ${REASONS_MAX}`, 'key')
  const lines = keys.slice(0, REASONS_MAX).flatMap((key) => compileLine(draft, [...path, key]) ?? [])
  checkOverlaps(draft, lines)
  return lines.map(({ range }) => range).sort((a, b) => width(a) - width(b))
}

function width({ from, to }: ReasonRange): number {
  return from === undefined || to === undefined ? Number.POSITIVE_INFINITY : to - from
}

function compileLine(draft: DocumentDraft, path: Path): Line | undefined {
  const key = String(path.at(-1))
  const entry = draft.judge(path, reasonSchema)
  const [, from, to = from] = /^(\d{1,15})(?: ?- ?(\d{1,15}))?$/.exec(key) ?? []
  if (key !== '*' && from === undefined) {
    draft.fault(path, `"${key}" is no fault code`, 'a number, a range such as "200-249", or "*"', 'key')
    return undefined
  }
  if (Number(from) > Number(to)) {
    draft.fault(path, `the range "${key}" is empty`, `did you mean "${to}-${from}"?`, 'key')
    return undefined
  }
  if (!entry) return undefined
  const bounds = key === '*' ? {} : { from: Number(from), to: Number(to) }
  const { code, category = null, text } = entry
  return { path, range: { ...bounds, code, category, ...(text !== undefined && { text }) } }
}

/** A single code inside a range is an exception to it; two ranges that share codes are a mistake. */
function checkOverlaps(draft: DocumentDraft, lines: readonly Line[]): void {
  const ranges = lines
    .filter(({ range }) => width(range) > 0 && Number.isFinite(width(range)))
    .sort((a, b) => (a.range.from ?? 0) - (b.range.from ?? 0))
  for (const [index, { path, range }] of ranges.entries()) {
    const before = ranges[index - 1]
    if (before && (before.range.to ?? 0) >= (range.from ?? 0)) {
      draft.fault(
        path,
        `this range shares codes with "${before.path.at(-1)}"`,
        'let each code stand in one range',
        'key',
      )
    }
  }
}
