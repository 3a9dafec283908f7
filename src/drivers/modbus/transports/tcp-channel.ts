/**
 * An open Modbus TCP connection. Answers are matched to requests by number, so one that comes late cannot be taken for
 * the one that is awaited. Whatever else comes is kept for the words of a fault, and never taken for a value.
 *
 * Why this is not left to modbus-serial: it puts bytes that nobody asked for before the next answer, says nothing of answers
 * under other numbers, and uses the same numbers again after 256 requests.
 */
import type { Socket } from 'node:net'
import { functionCode } from '../address.ts'
import type { Misfit, ModbusAnswer, ReadRequest, Stray } from '../request.ts'
import { type MbapFrame, MbapReader, mbapFrame, PDU_OFFSET } from './mbap.ts'
import { isEcho, REQUEST_BYTES, readAnswer, valueBytes, writeRequest } from './pdu.ts'
import type { Channel } from './transport.ts'

/**
 * From one request to the next the number grows by this, so that all odd numbers come in turn. Some converters answer with the
 * number plus one, or with another one near it: so they never hit the number of the next request.
 */
const NUMBER_STEP = 514
const NUMBER_MAX = 0xffff
/** An answer that has begun goes on without longer pauses than this; its device may have sent a part of it only. */
const ANSWER_PAUSE_MAX_MS = 300
/** So many requests are remembered, to know a late answer when it comes: more than one request may have tries. */
const SENT_MAX = 16
/** Unit, function, length and check sum around the values of an answer of Modbus RTU. */
const RTU_AROUND_BYTES = 5

/** A request that was sent, each try by itself. */
interface Sent {
  readonly number: number
  readonly unit: number
  readonly atMs: number
  /** Settles it; undefined once the request is answered, or another one was sent. */
  settle: ((answer: ModbusAnswer | Misfit) => void) | undefined
  isAnswered: boolean
}

/** The request that is under way. */
interface Asked {
  readonly unit: number
  readonly request: ReadRequest
}

/** Owns its socket. */
export class TcpChannel implements Channel {
  readonly mayQueue = true
  readonly mayForgetUs = true
  readonly lingerMs = 0
  readonly peer: string | undefined
  readonly #socket: Socket
  readonly #nowMs: () => number
  readonly #reader = new MbapReader()
  #number = 1
  /** When the last bytes of an answer came that is not whole. */
  #begunMs = Number.NEGATIVE_INFINITY
  #asked: Asked | undefined
  /** The oldest first. */
  readonly #sent: Sent[] = []
  readonly #wasSent = (number: number) => this.#sentAs(number) !== undefined
  #strayFrame: Stray | undefined

  constructor(socket: Socket, peer: string | undefined, nowMs: () => number) {
    this.#socket = socket
    this.peer = peer
    this.#nowMs = nowMs
  }

  read(unit: number, request: ReadRequest): Promise<ModbusAnswer | Misfit> {
    if (this.#asked?.request !== request) this.#ask({ unit, request })
    if (!this.#mustPass()) this.#reader.discard()
    this.#strayFrame = undefined
    return new Promise((settle) => this.#send(unit, request, settle))
  }

  get isAnswering(): boolean {
    return this.#hasBegun && this.#nowMs() - this.#begunMs < ANSWER_PAUSE_MAX_MS
  }

  get #hasBegun(): boolean {
    const { begun } = this.#reader
    return begun !== undefined && this.#sentAs(begun)?.settle !== undefined
  }

  instead(): Stray | undefined {
    if (this.#strayFrame || !this.#asked) return this.#strayFrame
    const bytes = this.#reader.strayBytes
    if (bytes.length === 0) return undefined
    if (this.#hasBegun) return strayLength(this.#reader.progress)
    return isRtu(bytes, this.#asked) ? STRAY_RTU : strayBytes(bytes)
  }

  async close(): Promise<void> {
    this.#socket.destroy()
  }

  /** To be called with whatever has come. The bytes may be overwritten afterwards. */
  take(data: Buffer): void {
    for (const frame of this.#reader.take(data, this.#wasSent)) this.#takeFrame(frame)
    if (this.#reader.begun !== undefined) this.#begunMs = this.#nowMs()
  }

  /** Whatever waited until now is settled no more. */
  #ask(asked: Asked | undefined): void {
    this.#asked = asked
    for (const sent of this.#sent) sent.settle = undefined
  }

  #sentAs(number: number): Sent | undefined {
    return this.#sent.findLast((sent) => sent.number === number)
  }

  /** Whether a late answer to an earlier request has begun to come: the rest of it is still to come, and is no header. */
  #mustPass(): boolean {
    const { begun } = this.#reader
    const sent = begun === undefined ? undefined : this.#sentAs(begun)
    return sent !== undefined && sent.settle === undefined
  }

  #send(unit: number, request: ReadRequest, settle: NonNullable<Sent['settle']>): void {
    const number = this.#number
    this.#number = (number + NUMBER_STEP) & NUMBER_MAX
    this.#sent.push({ number, unit, atMs: this.#nowMs(), settle, isAnswered: false })
    if (this.#sent.length > SENT_MAX) this.#sent.shift()
    const frame = mbapFrame(number, unit, REQUEST_BYTES)
    writeRequest(frame, PDU_OFFSET, request)
    this.#socket.write(frame)
  }

  #takeFrame(frame: MbapFrame): void {
    const asked = this.#asked
    const sent = this.#sentAs(frame.transaction)
    const settle = sent?.settle
    if (asked && settle && isEcho(frame.pdu, asked.request)) {
      // The answer may still follow it.
      this.#strayFrame = STRAY_ECHO
      return
    }
    if (asked && settle) {
      this.#ask(undefined)
      settle(answerOf(frame, asked))
    } else if (asked && !sent?.isAnswered) this.#strayFrame = this.#strayAnswer(frame, asked, sent)
    if (sent) sent.isAnswered = true
  }

  #strayAnswer({ transaction }: MbapFrame, { unit }: Asked, sent: Sent | undefined): Stray {
    if (!sent) {
      return {
        what: `an answer for transaction ${transaction}, asked ${this.#sent.at(-1)?.number}`,
        hint: 'whatever stands between the gateway and the device does not keep the number of a request: look at its settings and firmware',
      }
    }
    const lateMs = Math.round(this.#nowMs() - sent.atMs)
    return {
      what: `the answer to an earlier request to unit ${sent.unit}, ${lateMs} ms after it was asked`,
      hint: 'the device is slow, or busy with other clients: give it a longer timeout',
      lateMs: sent.unit === unit ? lateMs : undefined,
    }
  }
}

/** An exception may come from whatever stands before the unit, under a unit id of its own; values may not. */
function answerOf({ unit, pdu }: MbapFrame, asked: Asked): ModbusAnswer | Misfit {
  const answer = readAnswer(Buffer.from(pdu), asked.request)
  if (answer.kind !== 'data' || unit === asked.unit) return answer
  return { kind: 'misfit', what: `answered as unit ${unit} where unit ${asked.unit} was asked` }
}

const STRAY_RTU: Stray = {
  what: 'an answer without the header of Modbus TCP: is this Modbus RTU over TCP?',
  hint: 'set the converter to Modbus TCP, which is often called Modbus gateway or protocol conversion; or write driver: modbus-rtu-over-tcp in the map',
}

const STRAY_ECHO: Stray = {
  what: 'the request itself, sent back',
  hint: 'something on the way echoes: switch off echo or loop-back in the converter, and check the two wires of the serial line',
}

function strayLength({ announced, came }: { readonly announced: number; readonly came: number }): Stray {
  return {
    what: `an answer that is not whole: its header announces ${announced} bytes, and ${came} came`,
    hint: 'the device, or what stands before it, writes a wrong length or loses bytes: look at its settings and firmware',
  }
}

function isRtu(bytes: Buffer, { unit, request }: Asked): boolean {
  const isAnswer = bytes[0] === unit && bytes[1] === functionCode(request.area)
  return isAnswer && bytes.length >= Math.min(valueBytes(request) + RTU_AROUND_BYTES, 7)
}

const TEXT_SHOWN_MAX = 24

function strayBytes(bytes: Buffer): Stray {
  const shown = bytes.subarray(0, TEXT_SHOWN_MAX)
  const isText = shown.every((byte) => byte >= 0x20 && byte < 0x7f)
  const content = isText ? shown.toString('latin1') : shown.toString('hex').replaceAll(/(..)(?=.)/g, '$1 ')
  const more = bytes.length > TEXT_SHOWN_MAX ? '…' : ''
  const count = bytes.length === 1 ? '1 byte that is' : `${bytes.length} bytes that are`
  return {
    what: `${count} not Modbus: ${content}${more}`,
    hint: 'check that this port speaks Modbus TCP; switch off texts that a converter sends by itself (registration, keep-alive)',
  }
}
