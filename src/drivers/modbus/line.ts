/**
 * One line and the units on it: a serial cable with many, or a TCP connection with one.
 *
 * There is never more than one request under way on a line: the units take turns, in the order in which they asked. After
 * a missing or malformed answer the line is closed or rests, as its transport wants it, so that a late answer can never be
 * taken for the answer to another request. The line is closed when its last unit has left.
 */
import type { DriverContext } from '../../domain/driver.ts'
import { closedFault, timeoutFault } from './line-faults.ts'
import type { ModbusSettings } from './settings.ts'
import type { Channel, ModbusAnswer, ReadRequest, Transport } from './transports/transport.ts'

/** A unit that has entered the line. */
export interface LineUser {
  /** Its line is gone, or gave it no answer: what it waits for will never come. */
  lost(error: unknown): void
}

interface LineRead {
  readonly user: LineUser
  readonly unit: number
  readonly request: ReadRequest
  /** Counts from the moment at which the request is sent, not from when it is its turn to wait. */
  readonly timeoutMs: number
  /** Called at most once; if there is no answer, `user.lost` is called instead. */
  answered(answer: ModbusAnswer): void
}

/** An open line, or one that is being opened. Once it is over it is never used again. */
export class ModbusLine<Settings extends ModbusSettings = ModbusSettings> {
  readonly endpoint: string
  readonly #transport: Transport<Settings>
  readonly #context: DriverContext
  readonly #opening = new AbortController()
  readonly #opened: Promise<void>
  /** Who is on the line, and what is to be called once it is open. */
  readonly #users = new Map<LineUser, () => void>()
  #channel: Channel | undefined
  #waiting: LineRead[] = []
  #current: LineRead | undefined
  #isResting = false
  /** The time limit of the current request, or the end of the rest. */
  #cancelTimer: () => void = () => {}
  #isOver = false
  #closing: Promise<void> | undefined

  constructor(transport: Transport<Settings>, settings: Settings, context: DriverContext) {
    this.#transport = transport
    this.#context = context
    this.endpoint = transport.endpointOf(settings)
    this.#opened = this.#open(settings)
  }

  /** Closed, or about to be: nobody can enter any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Puts a unit on the line and calls back when the line is open; not where it cannot be opened: see {@link LineUser}. */
  enter(user: LineUser, entered: () => void): void {
    this.#users.set(user, entered)
    if (this.#channel) entered()
  }

  /** The unit's own requests are forgotten. The last one to leave closes the line, once no late answer is to be feared. */
  leave(user: LineUser): void {
    this.#users.delete(user)
    this.#waiting = this.#waiting.filter((read) => read.user !== user)
    const isBusy = this.#current !== undefined || this.#isResting
    const mustRest = isBusy && this.#restMs !== null
    if (this.#users.size === 0 && !mustRest) this.#end()
  }

  read(read: LineRead): void {
    this.#waiting.push(read)
    this.#next()
  }

  /** Closes the line for whoever is still on it; resolves when its endpoint can be used again. */
  async close(): Promise<void> {
    this.#lose(closedFault(this.endpoint))
    await this.closed()
  }

  /** Resolves when a line that is over is closed, and its endpoint can be used again. */
  async closed(): Promise<void> {
    await this.#opened
    await this.#closing
  }

  async #open(settings: Settings): Promise<void> {
    const lost = (error: unknown) => this.#lose(error)
    try {
      const options = { context: this.#context, signal: this.#opening.signal, lost }
      const channel = await this.#transport.open(settings, options)
      if (this.#isOver) return await channel.close()
      this.#channel = channel
    } catch (error) {
      this.#lose(error)
      return
    }
    for (const entered of this.#users.values()) entered()
  }

  get #restMs(): number | null {
    return this.#channel?.restMs ?? null
  }

  #next(): void {
    if (!this.#channel || this.#current || this.#isResting) return
    const read = this.#waiting.shift()
    if (read) this.#send(this.#channel, read)
    else if (this.#users.size === 0) this.#end()
  }

  #send(channel: Channel, read: LineRead): void {
    this.#current = read
    const { unit, request, timeoutMs } = read
    this.#cancelTimer = this.#context.after(timeoutMs, () => {
      this.#missed(read, timeoutFault(this.endpoint, unit, timeoutMs, this.#transport.silenceHint))
    })
    channel.read(unit, request).then(
      (answer) => this.#answered(read, answer),
      (error: unknown) => this.#missed(read, error),
    )
  }

  #answered(read: LineRead, answer: ModbusAnswer): void {
    // Later than its time limit: nobody waits for it any more.
    if (this.#current !== read) return
    this.#current = undefined
    this.#cancelTimer()
    read.answered(answer)
    this.#next()
  }

  /** There is no answer in time, or a malformed one. */
  #missed(read: LineRead, error: unknown): void {
    if (this.#current !== read) return
    this.#current = undefined
    this.#cancelTimer()
    if (this.#restMs === null) {
      this.#lose(error)
      return
    }
    this.#isResting = true
    this.#cancelTimer = this.#context.after(this.#restMs, () => {
      this.#isResting = false
      this.#next()
    })
    read.user.lost(error)
  }

  #lose(error: unknown): void {
    if (this.#isOver) return
    const users = [...this.#users.keys()]
    this.#end()
    for (const user of users) user.lost(error)
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#users.clear()
    this.#waiting = []
    this.#current = undefined
    this.#cancelTimer()
    this.#opening.abort()
    this.#closing = this.#channel?.close()
  }
}
