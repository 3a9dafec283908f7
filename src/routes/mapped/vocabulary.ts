/** The words in which a route's file speaks of events: their kinds, the fields of each, and what these may be. */
import type { OutwardField } from '../../domain/events/outward/field.ts'
import { OUTWARD_KINDS } from '../../domain/events/outward.ts'

/** A field, as far as a file is judged by it. */
export interface KnownField extends Pick<OutwardField, 'name' | 'type'> {
  readonly words?: readonly string[] | undefined
}

/** What events of every kind have besides: the names of `gateway.yaml`, to look rows up by. */
const OF_THE_GATEWAY: readonly KnownField[] = [
  { name: 'organization', type: 'text' },
  { name: 'plant', type: 'text' },
]

/** The kinds of events, in the order in which people read of them. */
export const EVENT_KINDS: readonly string[] = OUTWARD_KINDS.map(({ kind }) => kind)

/** The fields that all of these kinds have. */
export function commonFields(kinds: readonly string[]): readonly KnownField[] {
  const ofEach = OUTWARD_KINDS.filter(({ kind }) => kinds.includes(kind)).map(({ fields }) => fields)
  const [first = [], ...others] = ofEach
  const common = first.filter(({ name }) => others.every((fields) => fields.some((one) => one.name === name)))
  const own = OF_THE_GATEWAY.filter(({ name }) => !common.some((field) => field.name === name))
  return [...common.map((field) => ({ ...field, words: wordsOf(field.name, ofEach) })), ...own]
}

/** What a field may be in any of several kinds; none where one of them takes any text. */
function wordsOf(name: string, kinds: readonly (readonly OutwardField[])[]): readonly string[] | undefined {
  const words = kinds.map((fields) => fields.find((field) => field.name === name)?.words)
  return words.includes(undefined) ? undefined : [...new Set(words.flatMap((some) => some ?? []))]
}

/** The field of a name. In a group any name is a field: `fields.LOT`. */
export function findField(name: string, fields: readonly KnownField[]): KnownField | undefined {
  const [group, ...inside] = name.split('.')
  if (inside.length === 0) return fields.find((field) => field.name === name)
  const isGroup = fields.some((field) => field.name === group && field.type === 'group')
  return isGroup && inside.join('.') !== '' ? { name, type: 'text' } : undefined
}
