/** The fields of an event's payload, each checked as it is taken. */
import { parseOwner } from '../owner.ts'
import type { Ending, Event } from './event.ts'

/** A payload that cannot be understood; `message` names the place. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** The fields of a payload, each checked as it is taken. Every check throws an error that names the field. */
export class Fields {
  /** 0 where the payload names no version. */
  readonly v: number
  readonly #name: string
  readonly #value: Readonly<Record<string, unknown>>

  constructor(name: string, value: Readonly<Record<string, unknown>>) {
    this.#name = name
    this.#value = value
    this.v = value.v === undefined ? 0 : Number(value.v)
  }

  text(field: string): string {
    const value = this.#value[field]
    return typeof value === 'string' ? value : this.refuse(field, 'a text')
  }

  textOrNull(field: string): string | null {
    return this.#value[field] === null ? null : this.text(field)
  }

  number(field: string): number {
    const value = this.#value[field]
    return typeof value === 'number' ? value : this.refuse(field, 'a number')
  }

  numberOrNull(field: string): number | null {
    return this.#value[field] === null ? null : this.number(field)
  }

  list(field: string): readonly unknown[] {
    const value = this.#value[field]
    return Array.isArray(value) ? value : this.refuse(field, 'a list')
  }

  /** The fields of a group; undefined where there is null. */
  groupOrNull(field: string): Fields | undefined {
    const value = this.#value[field]
    if (value === null) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) return this.refuse(field, 'a group of fields')
    return new Fields(`${this.#name}: ${field}`, value as Readonly<Record<string, unknown>>)
  }

  /** The payload itself as an event, once its own fields have been checked and if it was written in a given version. */
  as<E extends Event>(version: number): E {
    if (this.v !== version) {
      throw new Unreadable(
        `${this.#name}: written in version ${this.v}, and this program knows up to ${version}`,
      )
    }
    this.text('at')
    if (parseOwner(this.text('subject')) === undefined)
      this.refuse('subject', 'an owner such as machine:CODE')
    return this.#value as unknown as E
  }

  refuse(field: string, wanted: string): never {
    const isThere = this.#value[field] !== undefined
    throw new Unreadable(`${this.#name}: "${field}" ${isThere ? `is not ${wanted}` : 'is missing'}`)
  }
}

export function readEvidence(fields: Fields, field: string): void {
  for (const evidence of fields.list(field)) {
    if (typeof (evidence as { signal?: unknown } | null)?.signal !== 'string')
      fields.refuse(field, 'a list of signals')
  }
}

export function readMarks(fields: Fields, field: string): void {
  for (const mark of fields.list(field)) if (typeof mark !== 'string') fields.refuse(field, 'a list of words')
}

/** The field `ended`, checked; undefined where the event says that it goes on. */
export function readEnding(fields: Fields): Fields | undefined {
  const ended = fields.groupOrNull('ended')
  if (!ended) return undefined
  ended.number('durationMs' satisfies keyof Ending)
  ended.number('minutes' satisfies keyof Ending)
  readMarks(ended, 'marks' satisfies keyof Ending)
  return ended
}
