/** The code that is being typed. Enter ends it on every keyboard; what else does is the map's suffix. */
import type { Suffix } from '../../../domain/scanner.ts'
import { SCAN_MAX_BYTES } from '../../framing/frame-ends.ts'
import type { Read } from '../report-reader.ts'

/** Scanners type a key every 1 to 40 ms; the slowest that can be programmed wait some 100 ms. */
const ENDED_BY_PAUSE_MS = 300
/** A code whose end does not come must not be put in front of the next one. */
const CUT_OFF_MS = 1000

/** The character that ends a code besides Enter. CR and LF do so for every suffix, since Enter is often typed as control and M or J. */
const ENDS: Readonly<Record<Suffix, string>> = {
  CR: '\r\n',
  LF: '\r\n',
  CRLF: '\r\n',
  ETX: '\r\n\x03',
  TAB: '\r\n\t',
  none: '\r\n',
}

export class TypedCode {
  readonly #suffix: Suffix
  #text = ''
  #length = 0
  #missed = 0

  constructor(suffix: Suffix) {
    this.#suffix = suffix
  }

  get dueMs(): number | null {
    if (this.#isEmpty) return null
    return this.#suffix === 'none' ? ENDED_BY_PAUSE_MS : CUT_OFF_MS
  }

  type(character: string): readonly Read[] {
    if (ENDS[this.#suffix].includes(character)) return this.end()
    this.#length += Buffer.byteLength(character)
    if (this.#length <= SCAN_MAX_BYTES) this.#text += character
    return []
  }

  /** A key was pressed that stands for no character: without it the code would be another one. */
  miss(): readonly Read[] {
    this.#missed += 1
    return []
  }

  end(): readonly Read[] {
    if (this.#isEmpty) return []
    const bytes = Buffer.from(this.#text)
    const why = this.#whyNoCode()
    const count = this.#length + this.#missed
    this.#clear()
    return why === undefined ? [{ kind: 'code', bytes, aimId: null }] : [{ kind: 'discarded', count, why }]
  }

  pause(): readonly Read[] {
    if (this.#suffix === 'none') return this.end()
    const count = this.#length + this.#missed
    this.#clear()
    const why = 'no Enter came after it: program the scanner to send one, or write `frame: {suffix: none}`'
    return count === 0 ? [] : [{ kind: 'discarded', count, why }]
  }

  get #isEmpty(): boolean {
    return this.#length === 0 && this.#missed === 0
  }

  #whyNoCode(): string | undefined {
    if (this.#length > SCAN_MAX_BYTES) return `longer than ${SCAN_MAX_BYTES} bytes`
    if (this.#missed === 0) return undefined
    return 'it has keys that stand for no character: set the scanner to the US keyboard, and control characters to "Control + X"'
  }

  #clear(): void {
    this.#text = ''
    this.#length = 0
    this.#missed = 0
  }
}
