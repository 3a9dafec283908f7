/** Turns what stands under `when:` into a condition. No formulas, no evaluation of text: only words, numbers and ranges. */
import { type DocumentDraft, isRecord } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import { shown } from '../../../documents/quantities.ts'
import type { Condition } from '../../../domain/machine-map.ts'
import { mapWordHint } from '../../words.ts'
import { oneOf, type SignalWords, valueCondition } from './compile-value.ts'

/** Where faults are noted, and which signals a condition may speak of. */
export interface ConditionContext {
  readonly draft: DocumentDraft
  /** Undefined where the map has no group of signals: then no condition can be judged. */
  readonly signals: ReadonlyMap<string, SignalWords> | undefined
}

/** Nobody reads conditions that are nested deeper. */
const DEPTH_MAX = 12
/** Several keys must all hold. Undefined when there are faults, which are then noted. */
export function compileCondition(
  context: ConditionContext,
  written: unknown,
  path: Path,
  depth = 0,
): Condition | undefined {
  const { draft } = context
  if (!isRecord(written) || Object.keys(written).length === 0) {
    draft.fault(path, `${shown(written)} is no condition`, 'as in {state: fault} or {any: [{…}, {…}]}')
    return undefined
  }
  if (depth >= DEPTH_MAX) {
    draft.fault(path, 'conditions are nested too deeply', `at most ${DEPTH_MAX} levels`)
    return undefined
  }
  const parts = Object.entries(written).map(([key, value]) =>
    part(context, key, value, [...path, key], depth),
  )
  return combined('all', parts)
}

type Parts = readonly (Condition | undefined)[]

function part(context: ConditionContext, key: string, value: unknown, path: Path, depth: number) {
  if (key === 'not') {
    const of = compileCondition(context, value, path, depth + 1)
    return of && ({ kind: 'not', of } as const)
  }
  if (key !== 'any' && key !== 'all') return signalCondition(context, key, value, path)
  if (!Array.isArray(value) || value.length === 0) {
    context.draft.fault(
      path,
      `"${key}" takes a list of conditions`,
      `as in ${key}: [{state: fault}, {door: on}]`,
    )
    return undefined
  }
  return combined(
    key,
    value.map((item, index) => compileCondition(context, item, [...path, index], depth + 1)),
  )
}

function combined(kind: 'all' | 'any', parts: Parts): Condition | undefined {
  const of = parts.filter((condition) => condition !== undefined)
  if (of.length !== parts.length) return undefined
  const [only] = of
  return only && of.length === 1 ? only : { kind, of }
}

function signalCondition({ draft, signals }: ConditionContext, signal: string, value: unknown, path: Path) {
  if (!signals) return undefined
  const words = signals.get(signal)
  if (!words) {
    draft.fault(path, `unknown signal "${signal}"`, mapWordHint(signal, [...signals.keys()]), 'key')
    return undefined
  }
  if (words.isUnclear) return undefined
  const test = { draft, signal, words }
  if (!Array.isArray(value)) return valueCondition(test, value, path)
  if (value.length === 0) draft.fault(path, 'an empty list never matches', 'list the values that do')
  return oneOfMany(
    signal,
    value.map((item, index) => valueCondition(test, item, [...path, index])),
  )
}

/** Plain values of a list become one test. */
function oneOfMany(signal: string, parts: Parts): Condition | undefined {
  const conditions = parts.filter((condition) => condition !== undefined)
  const values = conditions.flatMap((condition) =>
    condition.kind === 'value' && condition.test.kind === 'one-of' ? condition.test.values : [],
  )
  const others = conditions.filter(
    (condition) => condition.kind !== 'value' || condition.test.kind !== 'one-of',
  )
  const plain: Parts = values.length > 0 ? [oneOf(signal, values)] : []
  return conditions.length === parts.length ? combined('any', [...plain, ...others]) : undefined
}
