/** Reads payloads field by field, and says which field is not as it should be. */
import { parseOwner } from '../owner.ts'
import type { Ending, Event, Evidence, Mark } from './event.ts'

/** A payload that cannot be understood; `message` names the place. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/**
 * The fields of a payload, each checked as it is taken. Every check throws an error that names the field.
 *
 * What is null or an empty list need not be written, so a field that is absent is read as that where it may be empty.
 */
export class Fields {
  /** 0 where the payload names no version. */
  readonly v: number
  readonly #name: string
  readonly #value: Readonly<Record<string, unknown>>

  constructor(name: string, value: Readonly<Record<string, unknown>>) {
    this.#name = name
    this.#value = value
    this.v = value.v === undefined ? 0 : versionOf(value.v)
  }

  text(field: string): string {
    const value = this.#value[field]
    return typeof value === 'string' ? value : this.refuse(field, 'a text')
  }

  textOrNull(field: string): string | null {
    return this.#isEmpty(field) ? null : this.text(field)
  }

  /** A text that is one of a few. */
  word<Word extends string>(field: string, words: readonly Word[]): Word {
    const text = this.text(field)
    return words.find((known) => known === text) ?? this.refuse(field, `one of ${words.join(', ')}`)
  }

  wordOrNull<Word extends string>(field: string, words: readonly Word[]): Word | null {
    return this.#isEmpty(field) ? null : this.word(field, words)
  }

  /** Undefined where the field is absent. */
  textIfAny(field: string): string | undefined {
    return this.#value[field] === undefined ? undefined : this.text(field)
  }

  flag(field: string): boolean {
    const value = this.#value[field]
    return typeof value === 'boolean' ? value : this.refuse(field, 'true or false')
  }

  /** Undefined where the field is absent. */
  flagIfAny(field: string): boolean | undefined {
    return this.#value[field] === undefined ? undefined : this.flag(field)
  }

  number(field: string): number {
    const value = this.#value[field]
    return typeof value === 'number' ? value : this.refuse(field, 'a number')
  }

  numberOrNull(field: string): number | null {
    return this.#isEmpty(field) ? null : this.number(field)
  }

  /** Undefined where the field is absent. */
  numberIfAny(field: string): number | undefined {
    return this.#value[field] === undefined ? undefined : this.number(field)
  }

  numberOrFlag(field: string): number | boolean {
    const value = this.#value[field]
    if (typeof value === 'number' || typeof value === 'boolean') return value
    return this.refuse(field, 'a number, true or false')
  }

  list(field: string): readonly unknown[] {
    const value = this.#value[field] ?? []
    return Array.isArray(value) ? value : this.refuse(field, 'a list')
  }

  texts(field: string): readonly string[] {
    const list = this.list(field)
    return list.every((item) => typeof item === 'string') ? list : this.refuse(field, 'a list of texts')
  }

  /** Undefined where the field is absent. */
  textsIfAny(field: string): readonly string[] | undefined {
    return this.#value[field] === undefined ? undefined : this.texts(field)
  }

  /**
   * A group whose fields are all numbers, such as a sum for each status. JSON writes null for NaN and infinity: such a number
   * is left out, so that one counter that ran wild does not make the rest unreadable.
   */
  numbers(field: string): Readonly<Record<string, number>> {
    const value = this.#value[field]
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.refuse(field, 'a group of numbers')
    const written = Object.entries(value).filter(([, inside]) => inside !== null)
    if (written.every(([, inside]) => typeof inside === 'number')) return Object.fromEntries(written)
    return this.refuse(field, 'a group of numbers')
  }

  /** A group whose fields are all texts; an absent one is empty. */
  textsByName(field: string): Readonly<Record<string, string>> {
    const value = this.#value[field] ?? {}
    const isGroup = typeof value === 'object' && !Array.isArray(value)
    if (isGroup && Object.values(value).every((inside) => typeof inside === 'string'))
      return value as Readonly<Record<string, string>>
    return this.refuse(field, 'a group of texts')
  }

  group(field: string): Fields {
    return this.groupOrNull(field) ?? this.refuse(field, 'a group of fields')
  }

  /** The fields of a group; undefined where there is none. */
  groupOrNull(field: string): Fields | undefined {
    const value = this.#value[field] ?? null
    if (value === null) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) return this.refuse(field, 'a group of fields')
    return new Fields(`${this.#name}: ${field}`, value as Readonly<Record<string, unknown>>)
  }

  /** A list of groups; an absent one is empty. */
  groups(field: string): readonly Fields[] {
    return this.list(field).map((value, index) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return this.refuse(field, 'a list of groups of fields')
      return new Fields(`${this.#name}: ${field} ${index + 1}`, value as Readonly<Record<string, unknown>>)
    })
  }

  /** What every event has, of one that was written in a given version. */
  head(version: number): Omit<Event, 'kind'> {
    if (this.v !== version) this.refuseVersion(version)
    const subject = parseOwner(this.text('subject'))
    return {
      v: version,
      at: this.text('at'),
      subject: subject ?? this.refuse('subject', 'an owner such as machine:CODE'),
    }
  }

  /** For a payload of a later version than the latest that is known. */
  refuseVersion(latest: number): never {
    throw new Unreadable(
      `${this.#name}: written in version ${this.v}, and this program knows up to ${latest}`,
    )
  }

  refuse(field: string, wanted: string): never {
    const isThere = this.#value[field] !== undefined
    throw new Unreadable(`${this.#name}: "${field}" ${isThere ? `is not ${wanted}` : 'is missing'}`)
  }

  #isEmpty(field: string): boolean {
    return (this.#value[field] ?? null) === null
  }
}

/** What is no number is no version that anybody knows: NaN. It may be any value that JSON can hold. */
function versionOf(written: unknown): number {
  return typeof written === 'number' ? written : Number.NaN
}

/** A list of signals with their values. @throws Unreadable */
export function readEvidence(fields: Fields, field: string): readonly Evidence[] {
  const list = fields.list(field)
  for (const evidence of list) {
    if (typeof (evidence as { signal?: unknown } | null)?.signal !== 'string')
      fields.refuse(field, 'a list of signals')
  }
  return list as readonly Evidence[]
}

/** A list of marks. One that this version does not know is passed on. @throws Unreadable */
export function readMarks(fields: Fields, field: string): readonly Mark[] {
  const list = fields.list(field)
  for (const mark of list) if (typeof mark !== 'string') fields.refuse(field, 'a list of words')
  return list as readonly Mark[]
}

/** The field `ended`; null where what the event is about goes on. @throws Unreadable */
export function readEnding(fields: Fields): Ending | null {
  const ended = fields.groupOrNull('ended')
  if (!ended) return null
  return {
    durationMs: ended.number('durationMs'),
    minutes: ended.number('minutes'),
    marks: readMarks(ended, 'marks'),
  }
}
