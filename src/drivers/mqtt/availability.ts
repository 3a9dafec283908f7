/** Whether the publisher of a device is there, as its availability topics say. */
import { findAt } from './json-path.ts'
import { plainText, shownText } from './json-value.ts'
import type { HeardMessage } from './message.ts'
import type { AvailabilityTopic } from './settings.ts'

/** What all topics together say: `unsaid` where one of them has not been heard of yet. */
type Presence = { readonly kind: 'online' | 'unsaid' } | { readonly kind: 'offline'; readonly cause: string }

const UNSAID: Presence = { kind: 'unsaid' }

/** One for each link. */
export class HeardAvailability {
  readonly #topics: readonly AvailabilityTopic[]
  /** What each topic said last; undefined before. */
  readonly #said = new Map<AvailabilityTopic, string>()

  constructor(topics: readonly AvailabilityTopic[]) {
    this.#topics = topics
  }

  get filters(): readonly string[] {
    return [...new Set(this.#topics.map(({ topic }) => topic))]
  }

  /** Whether it is a message of one of the topics; if so, it is taken in. */
  take(topic: string, message: HeardMessage): boolean {
    let isMeant = false
    for (const one of this.#topics) {
      if (one.topic !== topic) continue
      this.#said.set(one, wordOf(message, one))
      isMeant = true
    }
    return isMeant
  }

  /** Without any topic nobody ever says that it is online. */
  get presence(): Presence {
    if (this.#topics.length === 0) return UNSAID
    for (const one of this.#topics) {
      const said = this.#said.get(one)
      if (said !== undefined && !isSame(said, one.online))
        return { kind: 'offline', cause: causeOf(one, said) }
    }
    return this.#topics.every((one) => this.#said.has(one)) ? { kind: 'online' } : UNSAID
  }

  /** Topics that have said nothing yet. */
  get unsaid(): readonly string[] {
    return this.#topics.filter((one) => !this.#said.has(one)).map(({ topic }) => topic)
  }
}

function wordOf(message: HeardMessage, { path }: AvailabilityTopic): string {
  if (!path) return 'value' in message.text ? message.text.value : ''
  if ('fault' in message.json) return ''
  const found = findAt(message.json.value, path)
  return 'value' in found ? (plainText(found.value) ?? '') : ''
}

function isSame(said: string, word: string): boolean {
  return said.toLowerCase() === word.toLowerCase()
}

function causeOf({ topic, online, offline }: AvailabilityTopic, said: string): string {
  if (isSame(said, offline)) return `${topic} says that its publisher is ${said}`
  return `${topic} says ${shownText(said)}, which is neither ${online} nor ${offline}`
}
