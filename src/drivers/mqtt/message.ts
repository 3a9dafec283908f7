/** The payload of one message, read at most once however many signals look into it. */
import { shortText } from './json-value.ts'

/** A larger message is no message of a machine. */
const BYTES_MAX = 1_048_576
/** So many digits may be more than a number of JavaScript holds exactly. */
const LONG_DIGITS = /\d{16}/

/** What a payload came to, or why it cannot be read. */
export type PayloadReading<T> = { readonly value: T } | { readonly fault: string }

const decoder = new TextDecoder('utf-8', { fatal: true })

/** One message. */
export class HeardMessage {
  readonly #payload: Uint8Array
  #text: PayloadReading<string> | undefined
  #json: PayloadReading<unknown> | undefined

  constructor(payload: Uint8Array) {
    this.#payload = payload
  }

  /** Without what only fills it. */
  get text(): PayloadReading<string> {
    this.#text ??= textOf(this.#payload)
    return this.#text
  }

  /** Whole numbers that a number cannot hold exactly are bigints. */
  get json(): PayloadReading<unknown> {
    this.#json ??= 'fault' in this.text ? this.text : jsonOf(this.text.value)
    return this.#json
  }

  /** As a plain text is meant: a number, a truth value or null where it is written so, else the text. */
  get plain(): PayloadReading<unknown> {
    const { text } = this
    if ('fault' in text) return text
    const isLiteral = /^(?:-?\d|true$|false$|null$|["{[])/.test(text.value)
    const json = isLiteral ? this.json : undefined
    return json && 'value' in json ? json : text
  }
}

function textOf(payload: Uint8Array): PayloadReading<string> {
  if (payload.length === 0) return { fault: 'the message is empty, by which a retained one is deleted' }
  if (payload.length > BYTES_MAX) return { fault: `the message is too long: ${payload.length} bytes` }
  try {
    return {
      value: decoder
        .decode(payload)
        .replace(/[\s\0]+$/, '')
        .trimStart(),
    }
  } catch {
    const first = Buffer.from(payload.subarray(0, 8))
      .toString('hex')
      .replaceAll(/(..)(?=.)/g, '$1 ')
    return { fault: `the message is no text in UTF-8: it begins with ${first}` }
  }
}

function jsonOf(text: string): PayloadReading<unknown> {
  try {
    return { value: LONG_DIGITS.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text) }
  } catch (error) {
    const [, place = ''] = /(at position \d+)/.exec((error as Error).message) ?? []
    return { fault: `the message is no JSON${place && ` (${place})`}: ${shortText(text)}` }
  }
}

/** `source` is the number letter by letter. */
function exactNumber(
  this: unknown,
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const { source } = context ?? {}
  if (typeof value !== 'number' || source === undefined || !/^-?\d+$/.test(source)) return value
  return Number.isSafeInteger(value) ? value : BigInt(source)
}
