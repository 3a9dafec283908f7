/**
 * Where a value stands in JSON: `ENERGY.Power`, `list[0].v`, `["key with . or blank"]`, and `values[id=Line1.State].v` for the
 * first item of a list whose `id` is that text. Nothing else of what is called JSONPath: each path names one value at most.
 */
import { nearestWord } from '../../documents/nearest-word.ts'
import { isObject, kindOf, plainText, shortText } from './json-value.ts'

/** One step: a key of an object, a position in a list, or an item of a list by one of its own values. */
type Step =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'item'; readonly key: string; readonly text: string }

export interface JsonPath {
  readonly written: string
  readonly steps: readonly Step[]
}

/** A value, or which step led nowhere. */
type Found = { readonly value: unknown } | { readonly missing: string }

const EXAMPLE = 'as in ENERGY.Power, list[0].v, ["key with a dot"] or values[id=Line1.State].v'
/** Nobody reads a longer list of keys. */
const KEYS_SHOWN = 12
const COMPARED_MAX = 100
const COMPARED_LENGTH_MAX = 100

const KEY = /^[^.[\]"'\s](?:[^.[\]"']*[^.[\]"'\s])?/
const BRACKETS: readonly (readonly [RegExp, (parts: readonly string[]) => Step])[] = [
  [/^\[(\d{1,6})\]/, ([index = '']) => ({ kind: 'index', index: Number(index) })],
  [/^\["([^"]*)"\]/, ([key = '']) => ({ kind: 'key', key })],
  [/^\['([^']*)'\]/, ([key = '']) => ({ kind: 'key', key })],
  [/^\[([^\]="']+)="([^"]*)"\]/, ([key = '', text = '']) => ({ kind: 'item', key: key.trim(), text })],
  [
    /^\[([^\]="']+)=([^\]"]+)\]/,
    ([key = '', text = '']) => ({ kind: 'item', key: key.trim(), text: text.trim() }),
  ],
]

/** Reads a path; where it is none, what is wrong and what would be right. */
export function readJsonPath(written: string): JsonPath | { readonly what: string; readonly hint: string } {
  if (written.startsWith('$')) return { what: 'a path begins without $', hint: EXAMPLE }
  const steps: Step[] = []
  let rest = written
  while (rest !== '') {
    const step = stepAt(rest, steps.length === 0)
    if (!step) return { what: `"${rest}" is no step of a path`, hint: EXAMPLE }
    steps.push(step.step)
    rest = rest.slice(step.length)
  }
  return steps.length > 0 ? { written, steps } : { what: 'a path names something', hint: EXAMPLE }
}

function stepAt(
  text: string,
  isFirst: boolean,
): { readonly step: Step; readonly length: number } | undefined {
  for (const [pattern, make] of BRACKETS) {
    const [all, ...parts] = pattern.exec(text) ?? []
    if (all !== undefined) return { step: make(parts), length: all.length }
  }
  const dot = isFirst ? '' : '.'
  if (!text.startsWith(dot)) return undefined
  const [key] = KEY.exec(text.slice(dot.length)) ?? []
  return key === undefined ? undefined : { step: { kind: 'key', key }, length: dot.length + key.length }
}

/** What stands at a path. */
export function findAt(root: unknown, { steps }: JsonPath): Found {
  let value = root
  for (const step of steps) {
    const next = take(value, step)
    if (next === undefined) return { missing: missingText(value, steps.slice(0, steps.indexOf(step)), step) }
    value = next
  }
  return { value }
}

/** Undefined where there is nothing: JSON itself has no undefined. */
function take(value: unknown, step: Step): unknown {
  if (step.kind === 'key')
    return isObject(value) && Object.hasOwn(value, step.key) ? value[step.key] : undefined
  if (!Array.isArray(value)) return undefined
  if (step.kind === 'index') return value[step.index]
  return value.find(
    (item) => isObject(item) && Object.hasOwn(item, step.key) && plainText(item[step.key]) === step.text,
  )
}

/** What is there instead: `ENERGY has no Powr: it has the keys Power, Today; did you mean Power?` */
function missingText(value: unknown, before: readonly Step[], step: Step): string {
  const place = before.length === 0 ? 'the message' : before.map(stepText).join('').replace(/^\./, '')
  if (step.kind === 'key') {
    if (!isObject(value)) return `${place} is ${kindOf(value)}, and has no key ${step.key}`
    const keys = Object.keys(value)
    const nearest = nearestOf(step.key, keys)
    return `${place} has no ${step.key}: it has ${listed(keys)}${nearest ? `; did you mean ${nearest}?` : ''}`
  }
  if (!Array.isArray(value)) return `${place} is ${kindOf(value)}, and no list`
  if (step.kind === 'index')
    return `${place} has ${value.length} items, and no item ${step.index} (they count from 0)`
  const texts = value.flatMap((item) => (isObject(item) ? (plainText(item[step.key]) ?? []) : []))
  const nearest = nearestOf(step.text, texts)
  return `${place} has no item whose ${step.key} is ${step.text}${nearest ? `; did you mean ${nearest}?` : ''}`
}

/** Of the first ones only: whoever fills a message with keys must not keep the gateway busy with comparing them. */
function nearestOf(word: string, words: readonly string[]): string | undefined {
  const comparable = words.slice(0, COMPARED_MAX).filter(({ length }) => length <= COMPARED_LENGTH_MAX)
  return nearestWord(word, comparable)
}

function listed(keys: readonly string[]): string {
  if (keys.length === 0) return 'no keys'
  const more = keys.length > KEYS_SHOWN ? ', …' : ''
  return `the keys ${keys.slice(0, KEYS_SHOWN).map(shortText).join(', ')}${more}`
}

function stepText(step: Step): string {
  if (step.kind === 'index') return `[${step.index}]`
  return step.kind === 'key' ? `.${step.key}` : `[${step.key}=${step.text}]`
}
