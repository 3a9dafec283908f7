/**
 * Device servers in telnet mode, among them those that offer RFC 2217, talk to their client among the bytes of the scanner: they
 * offer and ask for options (RFC 854 and 855). Here that is taken out and answered. The port is set up in the device server.
 */

import { elapsedMs, type Instant } from '../../domain/instant.ts'
import type { Clock } from '../../runtime/clock.ts'

/** A command comes at once, or in packets close to each other. What began like one and was noise must not take the next scan with it. */
const COMMAND_WITHIN_MS = 1_000

const IAC = 0xff
const DONT = 0xfe
const DO = 0xfd
const WONT = 0xfc
const WILL = 0xfb
const SUBNEGOTIATION = 0xfa
const SUBNEGOTIATION_END = 0xf0
/** The lowest byte that is a command behind IAC. */
const FIRST_COMMAND = SUBNEGOTIATION_END

/** All bytes as they are, and no waiting for a turn. Everything else is refused, above all an echo. */
const AGREED: readonly number[] = [0, 3]

/** What comes from a connection, byte by byte. One that never offers or asks for an option is left as it is. */
export class Telnet {
  readonly #reply: (bytes: Uint8Array) => void
  readonly #clock: Pick<Clock, 'now'>
  readonly #answered = new Set<number>()
  #lastTake: Instant | undefined
  /** What has come of a command that is not complete. */
  #command: number[] = []
  #isSpoken = false

  /** @param reply sends to the other end */
  constructor(reply: (bytes: Uint8Array) => void, clock: Pick<Clock, 'now'>) {
    this.#reply = reply
    this.#clock = clock
  }

  /** Whether an option was offered or asked for. */
  get isSpoken(): boolean {
    return this.#isSpoken
  }

  /** What of these bytes is the scanner's. */
  take(bytes: Uint8Array): Uint8Array {
    const now = this.#clock.now()
    if (this.#lastTake && elapsedMs(this.#lastTake, now) > COMMAND_WITHIN_MS) this.#command = []
    this.#lastTake = now
    if (this.#command.length === 0 && !bytes.includes(IAC)) return bytes
    return Uint8Array.from([...bytes].flatMap((byte) => this.#takeByte(byte)))
  }

  #takeByte(byte: number): readonly number[] {
    if (this.#command.length === 0 && byte !== IAC) return [byte]
    this.#command.push(byte)
    const [, verb, option] = this.#command
    if (verb === undefined) return []
    if (verb >= WILL && verb <= DONT) return option === undefined ? [] : this.#negotiate(verb, option)
    if (!this.#isSpoken) return this.#end(this.#command)
    if (verb === SUBNEGOTIATION) return this.#isSubnegotiationOver() ? this.#end() : []
    // IAC twice is the byte itself; other commands say nothing to us.
    if (verb >= FIRST_COMMAND) return this.#end(verb === IAC ? [IAC] : [])
    return this.#end(this.#command)
  }

  #negotiate(verb: number, option: number): readonly number[] {
    this.#isSpoken = true
    const answer = answerTo(verb, option)
    const asked = verb * 256 + option
    // Once each: two ends that answer each answer never come to an end.
    if (answer !== null && !this.#answered.has(asked)) this.#reply(Uint8Array.of(IAC, answer, option))
    this.#answered.add(asked)
    return this.#end()
  }

  #isSubnegotiationOver(): boolean {
    // Settings are a few bytes long. Of what does not end nothing is kept.
    if (this.#command.length > 4) this.#command = [IAC, SUBNEGOTIATION, ...this.#command.slice(-2)]
    return (
      this.#command.length >= 4 && this.#command.at(-2) === IAC && this.#command.at(-1) === SUBNEGOTIATION_END
    )
  }

  #end(data: readonly number[] = []): readonly number[] {
    this.#command = []
    return data
  }
}

function answerTo(verb: number, option: number): number | null {
  const isAgreed = AGREED.includes(option)
  if (verb === WILL) return isAgreed ? DO : DONT
  if (verb === DO) return isAgreed ? WILL : WONT
  return null
}
