/**
 * One line and the units on it: a serial cable, or the TCP connection to one host and port.
 *
 * There is never more than one request under way on a line, though it may be sent again: the units take turns. The line is
 * opened when a unit enters it, and again when a request is due and the other end has closed it meanwhile: many devices do so
 * whenever they are not asked.
 *
 * Where answers carry no number, a request waits until no late answer can be taken for its; those of other units do not. The line
 * is closed when its last unit has left.
 */
import type { DriverContext } from '../../domain/driver.ts'
import { Connection } from './connection.ts'
import { closedFault, LineFault, muteFault } from './line-faults.ts'
import { isMissed, type LineRead, type LineUser, type ReadEnd } from './line-read.ts'
import type { Openings } from './openings.ts'
import type { ModbusSettings } from './settings.ts'
import type { Channel, Transport } from './transports/transport.ts'
import { Turns } from './turns.ts'
import type { Unanswered } from './unanswered.ts'
import { UnderWay } from './under-way.ts'
import { missed, sendsMaxOf, timeoutMsOf } from './waits.ts'

/** When the process was busy for long, an answer may be there that has not been taken in yet: it gets this long. */
const TAKE_IN_MS = 1

interface LineOptions<Settings extends ModbusSettings> {
  readonly transport: Transport<Settings>
  readonly settings: Settings
  readonly context: DriverContext
  readonly openings: Openings
  readonly unanswered: Unanswered
  /** The same fault, or one that says more about its cause. */
  explain(fault: LineFault): LineFault
}

/** Opened for its first unit. Once it is over it is never used again. */
export class ModbusLine<Settings extends ModbusSettings = ModbusSettings> {
  readonly endpoint: string
  readonly #transport: Transport<Settings>
  readonly #settings: Settings
  readonly #context: DriverContext
  readonly #openings: Openings
  readonly #unanswered: Unanswered
  readonly #explain: (fault: LineFault) => LineFault
  /** Who is on the line, and what is to be called once it is open; undefined once it was. */
  readonly #users = new Map<LineUser, (() => void) | undefined>()
  readonly #turns = new Turns()
  #open: Connection | undefined
  #opening: AbortController | undefined
  /** Settles when an earlier connection is closed, so that a serial port can be opened again. */
  #closed: Promise<void> = Promise.resolve()
  #current: UnderWay | undefined
  /** The time limit of the current request, the next turn, or the end of a line that nobody uses. */
  #cancelTimer: () => void = () => {}
  #isOver = false

  constructor({ transport, settings, context, openings, unanswered, explain }: LineOptions<Settings>) {
    this.#transport = transport
    this.#settings = settings
    this.#context = context
    this.#openings = openings
    this.#unanswered = unanswered
    this.#explain = explain
    this.endpoint = transport.endpointOf(settings)
  }

  /** Closed, or about to be: nobody can enter any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether several units are on it. */
  get isShared(): boolean {
    return this.#users.size > 1
  }

  /** Whether a unit may be waited for beyond its time limit: not where all others on a wire would wait with it. */
  get mayWaitLonger(): boolean {
    return !this.isShared || this.#open?.channel.mayQueue === true
  }

  /** Whom the open line leads to, where that is known. */
  get peer(): string | undefined {
    return this.#open?.channel.peer
  }

  /** Whether the connection is so young that a device may still be deaf on it. */
  get mayBeDeaf(): boolean {
    return this.#open?.mayBeDeaf(this.#nowMs()) === true
  }

  /** Puts a unit on the line and calls back when the line is open; not where it cannot be opened: see {@link LineUser}. */
  enter(user: LineUser, entered: () => void): void {
    if (this.#users.size === 0) this.#cancelTimer()
    this.#users.set(user, this.#open ? undefined : entered)
    if (this.#open) entered()
    else void this.#connect()
  }

  /** The unit's own requests are forgotten. The last one to leave closes the line, at once or when nobody else comes soon. */
  leave(user: LineUser): void {
    this.#users.delete(user)
    this.#turns.forget(user)
    if (this.#users.size > 0) return
    const lingerMs = this.#open?.channel.lingerMs ?? 0
    if (lingerMs > 0) this.#endLater(lingerMs)
    else this.#end()
  }

  read(read: LineRead): void {
    this.#turns.add(read)
    this.#next()
  }

  /** Closes the line for whoever is still on it; resolves when its endpoint can be used again. */
  async close(): Promise<void> {
    this.#lose([...this.#users.keys()], closedFault(this.endpoint))
    this.#end()
    await this.closed()
  }

  /** Resolves when a line that is over is closed, and its endpoint can be used again. */
  async closed(): Promise<void> {
    await this.#closed
  }

  #nowMs(): number {
    return this.#context.now().monoMs
  }

  /** Opens the line. Whoever waits for it is lost where that fails; who has nothing to ask at the moment is not. */
  async #connect(): Promise<void> {
    if (this.#opening || this.#isOver) return
    this.#opening = new AbortController()
    const attempt = this.#openChannel(this.#opening.signal)
    // Until the attempt has ended, nobody may use the endpoint.
    this.#closed = attempt.then(
      () => {},
      () => {},
    )
    try {
      const open = await attempt
      this.#opening = undefined
      if (!open) return
      this.#open = open
      for (const [user, entered] of [...this.#users]) {
        this.#users.set(user, undefined)
        entered?.()
      }
      this.#next()
    } catch (error) {
      this.#opening = undefined
      const entering = [...this.#users].flatMap(([user, entered]) => (entered ? [user] : []))
      const fault = error instanceof LineFault ? this.#explain(error) : error
      this.#lose([...entering, ...this.#turns.users], fault)
    }
  }

  /** Undefined where the line was over before it was open. */
  async #openChannel(signal: AbortSignal): Promise<Connection | undefined> {
    await this.#closed
    const waitMs = this.#openings.waitMs(this.#nowMs())
    if (waitMs > 0) await this.#context.sleep(waitMs, signal)
    this.#openings.begin(this.#nowMs())
    const lost = (fault: LineFault) => this.#hungUp(fault, () => channel)
    let channel: Channel | undefined
    channel = await this.#transport.open(this.#settings, {
      context: this.#context,
      signal,
      lost,
      unanswered: this.#unanswered,
    })
    if (this.#isOver) {
      await channel.close()
      return undefined
    }
    return new Connection(channel, this.#nowMs())
  }

  #next(): void {
    if (this.#isOver || this.#current || this.#turns.isEmpty) return
    const open = this.#open
    if (!open) return void this.#connect()
    const nowMs = this.#nowMs()
    const turn = this.#turns.next(nowMs, (read) => open.readyMs(read), this.#users.keys())
    this.#cancelTimer()
    if (!turn) return
    if ('read' in turn) this.#begin(open, turn.read, nowMs)
    else this.#cancelTimer = this.#context.after(Math.ceil(turn.atMs - nowMs), () => this.#next())
  }

  #begin(open: Connection, read: LineRead, nowMs: number): void {
    const graceMs = open.channel.mayQueue ? this.#turns.graceMs(read.user.unit, nowMs) : 0
    this.#send(open, new UnderWay(read, graceMs), nowMs)
  }

  #send(open: Connection, current: UnderWay, sentMs: number): void {
    const { user, request, patienceMs } = current.read
    const on = { channel: open.channel, isShared: this.isShared, turns: this.#turns }
    const timeoutMs = timeoutMsOf(current, on)
    this.#current = current
    current.sent(sentMs)
    const maySendAgain = current.sends < sendsMaxOf(current, on)
    const waitMs = (maySendAgain ? patienceMs : timeoutMs) + (open.channel.wireMs?.(request) ?? 0)
    const silent = () => {
      const nowMs = this.#nowMs()
      const isAnswering = open.channel.isAnswering === true && nowMs - sentMs < timeoutMs
      if (maySendAgain && isAnswering) this.#wait(current, nowMs, patienceMs, silent)
      else if (maySendAgain && this.#users.has(user)) this.#send(open, current, nowMs)
      else this.#ended(open, current, { kind: 'silence', instead: open.channel.instead() }, sentMs)
    }
    this.#wait(current, sentMs, waitMs, () => {
      this.#cancelTimer = this.#context.after(TAKE_IN_MS, silent)
    })
    const answered = open.channel.read(user.unit, request, user.lateMaxMs)
    void answered.then((answer) => this.#ended(open, current, answer, sentMs))
  }

  #wait(current: UnderWay, nowMs: number, waitMs: number, over: () => void): void {
    current.waitUntil(nowMs + waitMs)
    this.#cancelTimer = this.#context.after(waitMs, over)
  }

  #ended(open: Connection, current: UnderWay, end: ReadEnd, sentMs: number): void {
    // Later than its time limit: nobody waits for it any more.
    if (this.#current !== current) return
    this.#current = undefined
    this.#cancelTimer()
    const nowMs = this.#nowMs()
    open.trafficMs = nowMs
    const { unit } = current.read.user
    if (isMissed(end)) missed(current, { channel: open.channel, turns: this.#turns, nowMs })
    else if (end.kind !== 'hung-up') this.#turns.answered(unit, nowMs)
    if (end.kind === 'silence') this.#wasSilent(open, current, nowMs)
    else if (end.kind !== 'hung-up') {
      open.answered(nowMs)
      this.#openings.answered()
    }
    current.read.ended(end, current.how(sentMs, nowMs))
    this.#next()
  }

  /**
   * Gives up a connection on which nothing is heard any more. Where nothing ever was, that is said to all that wait for their
   * turn on it.
   */
  #wasSilent(open: Connection, { read, sends }: UnderWay, nowMs: number): void {
    open.wasSilent(sends)
    if (!open.isToBeGivenUp(nowMs)) return
    this.#drop(open)
    if (open.wasUsed) return
    const fault = muteFault(this.endpoint, open.silentMs(nowMs))
    const others = this.#turns.users.filter((user) => user !== read.user)
    this.#lose(others, fault)
  }

  /** The other end has closed the line. That is news only to who waits for an answer. */
  #hungUp(fault: LineFault, channelOf: () => Channel | undefined): void {
    const open = this.#open
    if (!open || open.channel !== channelOf()) return
    this.#drop(open)
    if (!this.#current) return
    const { wasUsed } = open
    this.#ended(open, this.#current, { kind: 'hung-up', fault: this.#explain(fault), wasUsed }, this.#nowMs())
  }

  #drop(open: Connection): void {
    if (this.#open === open) this.#open = undefined
    this.#closed = open.channel.close()
  }

  #lose(users: readonly LineUser[], fault: unknown): void {
    for (const user of new Set(users)) user.lost(fault)
  }

  #endLater(lingerMs: number): void {
    this.#current = undefined
    this.#cancelTimer()
    this.#cancelTimer = this.#context.after(lingerMs, () => this.#end())
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#users.clear()
    this.#turns.clear()
    this.#current = undefined
    this.#cancelTimer()
    this.#opening?.abort()
    if (this.#open) this.#drop(this.#open)
  }
}
