/** What is published to a broker while somebody listens: its topics, and what stands where in their messages. */
import { printable } from '../../domain/errors.ts'
import { isObject, kindOf, plainText } from '../../drivers/mqtt/json-value.ts'
import { HeardMessage } from '../../drivers/mqtt/message.ts'

/** A value as it was published last, and how a signal would name it. */
interface HeardValue {
  /** Undefined where the whole message is the value. */
  readonly path: string | undefined
  readonly shown: string
}

/** One topic of a broker. */
export interface HeardTopic {
  readonly topic: string
  readonly messages: number
  /** All that came was retained: nobody knows whether it is still published. */
  readonly isRetained: boolean
  readonly values: readonly HeardValue[]
}

interface Entry {
  messages: number
  isRetained: boolean
  payload: Uint8Array
}

const TOPICS_MAX = 5_000
/** Of one message: a map has no use for more. */
const VALUES_MAX = 40
const DEPTH_MAX = 5
const SHOWN_MAX = 60

/** Topics beyond the first 5,000 are left out. */
export class HeardTopics {
  readonly #entries = new Map<string, Entry>()
  #isCut = false

  /** There are more topics than are kept. */
  get isCut(): boolean {
    return this.#isCut
  }

  take(topic: string, payload: Uint8Array, isRetained: boolean): void {
    const entry = this.#entries.get(topic)
    if (entry) {
      entry.messages += 1
      entry.isRetained &&= isRetained
      entry.payload = payload
    } else if (this.#entries.size < TOPICS_MAX) this.#entries.set(topic, { messages: 1, isRetained, payload })
    else this.#isCut = true
  }

  /** In the order of their names; with a text only those that have it in their topic, a path or a value. */
  list(search = ''): readonly HeardTopic[] {
    const wanted = search.toLowerCase()
    return [...this.#entries]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([topic, { messages, isRetained, payload }]) => {
        const values = valuesIn(payload)
        const isMeant = ({ path = '', shown }: HeardValue) =>
          `${path} ${shown}`.toLowerCase().includes(wanted)
        const isWhole = topic.toLowerCase().includes(wanted)
        return { topic, messages, isRetained, values: isWhole ? values : values.filter(isMeant) }
      })
      .filter(({ values, topic }) => values.length > 0 || topic.toLowerCase().includes(wanted))
  }
}

function valuesIn(payload: Uint8Array): readonly HeardValue[] {
  const message = new HeardMessage(payload)
  const { plain } = message
  if ('fault' in plain) return [{ path: undefined, shown: plain.fault }]
  return valuesOf(plain.value, '', 0).slice(0, VALUES_MAX)
}

function valuesOf(value: unknown, path: string, depth: number): readonly HeardValue[] {
  const isDeep = depth >= DEPTH_MAX
  if (isObject(value) && !isDeep)
    return Object.entries(value).flatMap(([key, inner]) => valuesOf(inner, joined(path, key), depth + 1))
  if (Array.isArray(value) && !isDeep)
    return value.flatMap((inner, index) => valuesOf(inner, `${path}[${index}]`, depth + 1))
  return [{ path: path === '' ? undefined : path, shown: shortText(value) }]
}

/** A key with a character that means something in a path stands in quotes. */
function joined(path: string, key: string): string {
  if (!/^[^.[\]"'\s]([^.[\]"']*[^.[\]"'\s])?$/.test(key)) return `${path}["${key}"]`
  return path === '' ? key : `${path}.${key}`
}

function shortText(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (plainText(value) ?? kindOf(value))
  return printable(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text)
}
