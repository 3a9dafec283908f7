/**
 * Two real pairs of hands on a model: central with one lease, a machine that does something each second, and gateways that die, lose
 * their links and come back with whatever their logs hold. Time is simulated, so that hundreds of days pass in seconds.
 */
import { DestinationError } from '../../../src/domain/errors.ts'
import type { MachineEvent } from '../../../src/domain/events/machine.ts'
import type { LatestRows } from '../../../src/domain/latest-rows.ts'
import type {
  Fence,
  Lease,
  LeaseKeeper,
  LeaseSession,
  PairGateway,
  PairNews,
  PairWord,
} from '../../../src/domain/lease.ts'
import type { StoredEvent } from '../../../src/domain/outbox.ts'
import { createPair, type Pair } from '../../../src/pair/pair.ts'
import { PAIR } from '../../../src/pair/standing.ts'
import { createFence } from '../../../src/routes/mes/fence.ts'
import { createLog } from '../../../src/runtime/log.ts'
import type { VirtualTime } from '../../simulation/virtual-time.ts'

export const LEASE_MS = 10_000
const LATENCY_MS = 20
const PUSH_EVERY_MS = 300
const IDLE_MAX_MS = 5_000
/** How long the route waits for an answer, and how long where its link is in doubt. */
const ANSWER_MAX_MS = 25_000
const PROOF_MAX_MS = 3_000
const MACHINE = 'PRESS-07'

/** Mistakes that the model must find. */
export interface PairMistakes {
  readonly checksLeaseBefore?: boolean
  /** How far the clock is off by which a client judges the lease, in ms. */
  readonly clientClockMs?: number
  readonly pushesOldTail?: boolean
  readonly standByStores?: boolean
  /** A link on which nothing was sent is taken to be whole. */
  readonly trustsIdleLink?: boolean
}

/** What central has of a stream: the log that it is of, and how far it has come. */
interface ModelStream {
  readonly incarnation: string
  readonly seq: number
}

/** Central: the lease, the streams of both, and who wrote which fact. */
export class ModelCentral {
  readonly written = new Map<number, string[]>()
  readonly strangers: string[] = []
  readonly landed = new Map<string, ModelStream>()
  readonly #factMs = new Map<number, number>()
  readonly #words = new Map<string, { readonly word: PairWord; readonly atMs: number }>()
  readonly #time: VirtualTime
  readonly #mistakes: PairMistakes
  #lease:
    | { holder: string; epoch: number; renewedMs: number; isReleased: boolean; wanted: string | null }
    | undefined
  /** Transactions that hold the lease's row, each until a moment. */
  readonly #locks = new Set<object>()
  longestMs = 0
  /** How long it took the latest fact to get here, in ms. */
  latestMs = 0
  takeovers = 0

  constructor(time: VirtualTime, mistakes: PairMistakes) {
    this.#time = time
    this.#mistakes = mistakes
  }

  get nowMs(): number {
    return this.#time.now().monoMs
  }

  holds(gateway: string, epoch: number | null): boolean {
    return this.#lease?.holder === gateway && this.#lease.epoch === epoch
  }

  lock(): () => void {
    const lock = {}
    this.#locks.add(lock)
    return () => void this.#locks.delete(lock)
  }

  news(gateway: string): PairNews {
    const { clientClockMs = 0 } = this.#mistakes
    const lease = this.#lease
    const landed = this.landed.get(gateway)
    const agoMs = this.nowMs - (lease?.renewedMs ?? 0)
    return {
      lease: lease && { ...lease, isExpired: agoMs + clientClockMs > LEASE_MS, renewedAgoMs: agoMs },
      gateways: [...this.#words]
        .map(
          ([name, { word, atMs }]): PairGateway => ({ ...word, gateway: name, seenAgoMs: this.nowMs - atMs }),
        )
        .toSorted((one, other) => one.seenAgoMs - other.seenAgoMs),
      landed: landed && { ...landed, epoch: 1 },
    }
  }

  say(gateway: string, word: PairWord): void {
    this.#words.set(gateway, { word, atMs: this.nowMs })
  }

  renew(holder: string, epoch: number): void {
    const known = this.#lease
    if (epoch === 0 || (known && (known.epoch > epoch || (known.epoch === epoch && known.holder !== holder))))
      return
    this.#heard({ holder, epoch, wanted: known?.wanted ?? null })
  }

  async take(gateway: string, seen: Lease | undefined): Promise<number | undefined> {
    while (this.#locks.size > 0) await this.#time.sleep(LATENCY_MS)
    if (this.#lease?.epoch !== seen?.epoch) return undefined
    const epoch = Math.max(this.nowMs, (this.#lease?.epoch ?? 0) + 1)
    this.takeovers += 1
    this.#heard({ holder: gateway, epoch, wanted: null })
    return epoch
  }

  release(holder: string, epoch: number, heir: string | undefined): void {
    if (this.#lease && this.holds(holder, epoch))
      this.#lease = { ...this.#lease, isReleased: true, wanted: heir ?? this.#lease.wanted }
  }

  /** The machine does something. */
  happens(fact: number): void {
    this.#factMs.set(fact, this.nowMs)
  }

  write(gateway: string, fact: number): void {
    this.written.set(fact, [...(this.written.get(fact) ?? []), gateway])
    this.latestMs = Math.max(this.latestMs, this.nowMs - (this.#factMs.get(fact) ?? this.nowMs))
    if (this.#lease?.holder !== gateway)
      this.strangers.push(`${gateway} wrote ${fact} while ${this.#lease?.holder} held the lease`)
  }

  get newestFact(): number {
    return Math.max(-1, ...this.written.keys())
  }

  #heard(lease: { readonly holder: string; readonly epoch: number; readonly wanted: string | null }): void {
    if (this.#lease) this.longestMs = Math.max(this.longestMs, this.nowMs - this.#lease.renewedMs)
    this.#lease = { ...lease, renewedMs: this.nowMs, isReleased: false }
  }
}

interface Stored {
  readonly seq: number
  readonly fact: number
  isLeftOut: boolean
}

/** One gateway: its disk outlives its processes. */
export class ModelGateway {
  readonly name: string
  /** Of its log: two computers may have one name. */
  readonly incarnation: string
  readonly #central: ModelCentral
  readonly #time: VirtualTime
  readonly #mistakes: PairMistakes
  readonly #log: Stored[] = []
  #states: Record<string, unknown> = {}
  readonly #seen: number[] = []
  #life: { readonly pair: Pair; readonly stop: AbortController; readonly sinceMs: number } | undefined
  #isCut = false
  /** The link of the route has died without a word: nobody had sent anything on it. */
  #isLinkDead = false

  constructor(
    name: string,
    central: ModelCentral,
    time: VirtualTime,
    mistakes: PairMistakes,
    incarnation = name,
  ) {
    this.name = name
    this.incarnation = incarnation
    this.#central = central
    this.#time = time
    this.#mistakes = mistakes
  }

  get isCut(): boolean {
    return this.#isCut
  }

  set isCut(isCut: boolean) {
    this.#isCut = isCut
    if (isCut && this.isAlive && !this.isActive) this.#isLinkDead = true
  }

  get isAlive(): boolean {
    return this.#life !== undefined
  }

  get isReady(): boolean {
    const health = this.#life?.pair.health().summary
    return (
      health !== undefined &&
      health.unready === null &&
      health.other?.unready === null &&
      !this.isCut &&
      this.pending <= 1
    )
  }

  /** Codes of what it says is wrong with the pair. */
  get troubles(): readonly string[] {
    return (this.#life?.pair.health().troubles ?? []).map(({ code }) => code)
  }

  get isActive(): boolean {
    return this.#life?.pair.role === 'active'
  }

  get pending(): number {
    return this.#log.filter(({ seq, isLeftOut }) => seq > this.#landed && !isLeftOut).length
  }

  /** Whether central has a stream of its name that is of another log. */
  get #isFenced(): boolean {
    const { incarnation } = this.#central.landed.get(this.name) ?? this
    return incarnation !== this.incarnation
  }

  get #landed(): number {
    return this.#isFenced ? 0 : (this.#central.landed.get(this.name)?.seq ?? 0)
  }

  async start(): Promise<void> {
    const stop = new AbortController()
    this.#isLinkDead = false
    const fence = createFence('line-1', IDLE_MAX_MS)
    const pair = await createPair(
      {
        settings: { name: 'line-1', leaseMs: LEASE_MS },
        ...{ gateway: this.name, keeper: this.#keeper(), fence, route: 'central' },
        ...{ clock: this.#time, log: createLog('silent'), outbox: this.#outbox() },
        isFenced: () => this.#isFenced,
      },
      false,
    )
    this.#life = { pair, stop, sinceMs: this.#central.nowMs }
    void pair.run(this.#living(stop.signal))
    void this.#push(fence, stop.signal)
    await pair.serve(this.#line(), stop.signal)
    await this.#time.sleep(800, stop.signal)
    if (!stop.signal.aborted) pair.areMapsRead()
  }

  /** The process is gone at once: nothing that it was about to do is done. */
  kill(): void {
    this.#life?.stop.abort()
    this.#life = undefined
  }

  /** The machine does something; only who is alive sees it. */
  see(fact: number): void {
    const life = this.#life
    if (!life || this.#central.nowMs - life.sinceMs < 500) return
    this.#seen.push(fact)
    if (life.pair.recordsMachines || this.#mistakes.standByStores) this.#store(fact)
  }

  #store(fact: number): void {
    this.#log.push({ seq: this.#log.length + 1, fact, isLeftOut: false })
  }

  /** A killed process gives nothing back: its end is no stop. */
  #living(signal: AbortSignal): AbortSignal {
    return signal
  }

  #line() {
    const central = this.#central
    return {
      machines: [MACHINE],
      mapsHash: 'same',
      condition: () => ({ unable: null, blind: null }),
      takeOver: async (_: ReadonlyMap<string, LatestRows>, _aliveMs: number, standing: object) => {
        const newest = central.newestFact
        for (const fact of this.#seen) if (fact > newest) this.#store(fact)
        this.#states[PAIR] = standing
      },
      standBy: async () => {},
    }
  }

  #outbox() {
    return {
      identity: { incarnation: this.incarnation, epoch: 1 },
      states: async () => this.#states,
      append: async ({ states }: { readonly states: Readonly<Record<string, unknown>> }) =>
        void Object.assign(this.#states, states),
      tail: async () => ({ seq: this.#log.length, hash: new Uint8Array() }),
      cursor: async () => ({ seq: this.#landed, hash: new Uint8Array() }),
      read: async (afterSeq: number, limit: number) =>
        this.#log.slice(afterSeq, afterSeq + limit).map(asStored),
      leaveOut: async (seqs: readonly number[]) => {
        if (this.#mistakes.pushesOldTail) return
        for (const one of this.#log) if (seqs.includes(one.seq)) one.isLeftOut = true
      },
    }
  }

  #keeper(): LeaseKeeper {
    const life = () => this.#life
    return {
      latestRows: async () => {
        await this.#time.sleep(LATENCY_MS)
        return new Map()
      },
      connect: async (signal): Promise<LeaseSession> => {
        await this.#reached(signal)
        const central = this.#central
        const { name } = this
        const exchange = async (word: PairWord | undefined, first: () => void) => {
          await this.#reached(signal)
          first()
          if (word) central.say(name, word)
          const news = central.news(name)
          await this.#reached(signal)
          return news
        }
        return {
          clockOffsetMs: 0,
          look: (word) => exchange(word, () => {}),
          renew: (epoch, word) => exchange(word, () => central.renew(name, epoch)),
          take: async (seen) => {
            await this.#reached(signal)
            const epoch = await central.take(name, seen)
            await this.#reached(signal)
            return epoch
          },
          // A killed process says no goodbye.
          release: async (epoch, heir) => void (life() && central.release(name, epoch, heir)),
          want: async () => true,
          tellSuperseded: async () => {},
          [Symbol.asyncDispose]: async () => {},
        }
      },
    }
  }

  async #reached(signal: AbortSignal): Promise<void> {
    await this.#time.sleep(LATENCY_MS)
    if (signal.aborted) return new Promise(() => {})
    if (this.isCut) throw new DestinationError('central-link', 'the link is cut', { refusal: 'wait' })
  }

  /** The question that nobody answers is given up, and a new link made. */
  async #makeLinkAgain(afterMs: number, signal: AbortSignal): Promise<void> {
    await this.#time.sleep(afterMs, signal)
    if (!signal.aborted && !this.isCut) this.#isLinkDead = false
  }

  /** The uploader: one transaction after the other, each of which may be cut off in the middle and then holds its locks for a while. */
  async #push(fence: Fence, signal: AbortSignal): Promise<void> {
    const central = this.#central
    if (!this.#mistakes.trustsIdleLink) fence.onDoubt(() => void this.#makeLinkAgain(PROOF_MAX_MS, signal))
    while (!signal.aborted) {
      const heldBefore = central.holds(this.name, fence.epoch)
      await this.#time.sleep(PUSH_EVERY_MS, signal)
      if (signal.aborted || this.isCut || this.#isFenced) continue
      if (this.#isLinkDead) {
        if (this.pending > 0) void this.#makeLinkAgain(ANSWER_MAX_MS, signal)
        continue
      }
      const unlock = central.lock()
      const isHeld = this.#mistakes.checksLeaseBefore ? heldBefore : central.holds(this.name, fence.epoch)
      if (this.#mistakes.checksLeaseBefore) unlock()
      const from = this.#landed
      const batch = this.#log.filter(({ seq }) => seq > from).map((one) => ({ ...one }))
      const { historySeq } = fence
      const mayWrite = ({ seq }: Stored) => isHeld || seq <= historySeq || this.#mistakes.pushesOldTail
      await this.#time.sleep(LATENCY_MS)
      const isLost = this.isCut || signal.aborted
      if (isLost) await this.#time.sleep(IDLE_MAX_MS)
      else if (batch.every((one) => one.isLeftOut || mayWrite(one))) {
        for (const { fact, isLeftOut } of batch) if (!isLeftOut) central.write(this.name, fact)
        central.landed.set(this.name, { incarnation: this.incarnation, seq: batch.at(-1)?.seq ?? from })
      }
      unlock()
    }
  }
}

function asStored({ seq, fact }: Stored): StoredEvent {
  const at = new Date(fact * 1_000).toISOString()
  const event = { v: 1, kind: 'status.opened', at, subject: `machine:${MACHINE}` } as unknown as MachineEvent
  return { seq, event, capturedAtMs: 0, hash: new Uint8Array() }
}
