/** Makes the values of columns and arguments out of an event, and tests its fields. Pure. */
import { createHash } from 'node:crypto'
import { DateTime } from 'luxon'
import { shown } from '../../documents/quantities.ts'
import type { ChosenValue, Constant, FieldTest, FieldTests, LookupValue, Value } from './mapped-route.ts'

/** What a field holds: texts, numbers, lists, groups, or nothing. */
type FieldContent = unknown

/** The fields of an event, or the results of a call, by name. */
export type FieldsOf = (name: string) => FieldContent

/** A value as it is sent: as text, which the server reads as the type of the column. */
export type SentValue = string | null

/** What lookups have found; throws {@link Unwritable} where one has not. */
export type Lookups = (lookup: LookupValue, wanted: readonly SentValue[]) => SentValue

/** An event cannot be written for what it says; the message says why. */
export class Unwritable extends Error {
  override readonly name = 'Unwritable'
}

/** With what a value is made. */
export interface Making {
  readonly fields: FieldsOf
  readonly lookups: Lookups
}

/** A value as it is sent. @throws Unwritable */
export function sentValue(value: Value, making: Making): SentValue {
  return sent(contentOf(value, making))
}

/** Any content as text. Times are UTC text; lists and groups become JSON. */
function sent(content: FieldContent): SentValue {
  if (content === null || content === undefined) return null
  return typeof content === 'object' ? JSON.stringify(content) : String(content)
}

function contentOf(value: Value, making: Making): FieldContent {
  const { fields } = making
  switch (value.kind) {
    case 'constant':
      return value.value
    case 'field':
      return value.zone === undefined ? fields(value.field) : localTime(fields(value.field), value.zone)
    case 'chosen':
      return chosen(value, fields(value.field))
    case 'text':
      return value.parts
        .map((part) => (typeof part === 'string' ? part : (sent(fields(part.field)) ?? '')))
        .join('')
    case 'sha256':
      return sha256(value.of.map((one) => contentOf(one, making) ?? null))
    case 'json':
      return Object.fromEntries(value.of.map((one) => [one.name, contentOf(one.value, making) ?? null]))
    case 'lookup':
      return making.lookups(value, wantedBy(value, making))
  }
}

/** What a lookup asks for: one value for each of its columns. @throws Unwritable */
export function wantedBy({ where }: LookupValue, making: Making): readonly SentValue[] {
  return where.map(({ value }) => sentValue(value, making))
}

function chosen({ field, map, otherwise }: ChosenValue, content: FieldContent): FieldContent {
  const text = sent(content)
  if (text === null) return otherwise ?? null
  if (map === undefined) return content
  const found = map.get(text)
  if (found !== undefined) return found
  if (otherwise !== undefined) return otherwise
  throw new Unwritable(`the map of ${field} has no entry for ${shown(text)}; add one, or an else`)
}

/** With its offset, so that it is the right moment in a column that keeps zones, and the clock of the wall in one that does not. */
function localTime(content: FieldContent, zone: string): SentValue {
  const utc = sent(content)
  return utc === null ? null : DateTime.fromISO(utc, { zone }).toISO()
}

function sha256(content: readonly FieldContent[]): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

/** Whether one of the groups holds; also where there are none. */
export function holds(groups: readonly FieldTests[], fields: FieldsOf): boolean {
  return (
    groups.length === 0 || groups.some((tests) => tests.every((test) => passes(test, fields(test.field))))
  )
}

function passes(test: FieldTest, content: FieldContent): boolean {
  const { oneOf, noneOf, from, to, startsWith, presence } = test
  const text = sent(content)
  const isAmong = (wanted: readonly Constant[]) => wanted.some((one) => sent(one) === text)
  return (
    (oneOf === undefined || isAmong(oneOf)) &&
    (noneOf === undefined || !isAmong(noneOf)) &&
    (from === undefined || isOrdered(from, content)) &&
    (to === undefined || isOrdered(content, to)) &&
    (startsWith === undefined || (text !== null && startsWith.some((start) => text.startsWith(start)))) &&
    (presence === undefined || (presence === 'present') === (text !== null && text !== ''))
  )
}

/** Numbers by size, also where one of them came as a text; times and other texts in their order. Nothing is in no range. */
function isOrdered(low: FieldContent, high: FieldContent): boolean {
  const [a, b] = [sent(low), sent(high)]
  if (a === null || b === null) return false
  const [x, y] = [Number(a), Number(b)]
  const areNumbers = a.trim() !== '' && b.trim() !== '' && !Number.isNaN(x) && !Number.isNaN(y)
  return areNumbers ? x <= y : a <= b
}
