/**
 * The story on one screen: messages come in, each subject makes events of its own, and they go into the outbox together with
 * the state that produced them, in one transaction.
 *
 * Polling never waits for the disk, unless more than a bounded number of entries wait for it. Nothing is dropped.
 */
import type { Event } from './domain/events/event.ts'
import type { Instant } from './domain/instant.ts'
import type { Outbox } from './domain/outbox.ts'
import { gatewayOwner, machineOwner, type Owner } from './domain/owner.ts'
import type { Answer, Message, Receipt, Remembered, Stall, Subject, Taken, Tick } from './domain/subject.ts'
import type { Clock } from './runtime/clock.ts'
import type { Log } from './runtime/log.ts'
import type { Service } from './runtime/service.ts'

/** Entries not yet on disk; beyond this the sources wait. */
const UNCOMMITTED_MAX = 10_000
/** How often we look whether a subject wants a tick. A late one does no harm: rows are dated back to what was last seen. */
const TICK_MS = 1_000
/**
 * A beat that comes so late says that the gateway stood still: the process was stopped, or the virtual machine paused. What two gateways of a
 * pair say of one moment may differ by as much (`seam/take-over.ts`).
 */
const STALL_MS = 5_000
/** After a beat that comes so late, nobody knows yet what has come meanwhile: it waits to be taken in. */
const AWAKE_MAX_MS = 3 * TICK_MS
/** How often states are saved that moved without an event: what a restart may have missed is known this exactly. */
const CHECKPOINT_MS = 5_000
/**
 * Where a gateway notes that it runs: a computer without a battery may start again with a time before that. Earlier versions
 * noted there when each subject was last seen, which states say themselves now.
 */
const ALIVE = gatewayOwner('alive')
const NOTHING_TO_STORE: Receipt = { durable: Promise.resolve(), crowded: false }

interface PipelineParts {
  readonly outbox: Pick<Outbox, 'append' | 'uncommitted' | 'states'>
  readonly clock: Clock
  readonly log: Log
  readonly answered?: Answered
}

/**
 * Takes what a subject answers to whoever brought it something. It may be passed on only once `durable` has resolved.
 * @param events what is stored of it
 */
export type Answered = (
  owner: Owner,
  answer: Answer,
  durable: Promise<void>,
  events: readonly Event[],
) => void

/** A subject that takes the place of another, and what that comes to. */
export interface Replacement {
  readonly subject: Subject
  readonly events: readonly Event[]
}

/** When the gateway was last running. */
interface Alive2 {
  readonly v: 2
  readonly at: Instant
}

/** When each subject was last seen, as version 1 noted it. */
interface Alive1 {
  readonly v: 1
  readonly bootId: string
  readonly lastSeen: Readonly<Record<Owner, Omit<Instant, 'boot'>>>
}

/** The same before it had a version: by the codes of machines. */
interface Alive0 extends Omit<Alive1, 'v' | 'lastSeen'> {
  readonly lastSeen: Readonly<Record<string, Omit<Instant, 'boot'>>>
}

/** @throws StoreError when the saved states cannot be read */
export async function createPipeline(parts: PipelineParts): Promise<Pipeline> {
  return new Pipeline(parts, await parts.outbox.states())
}

/** Keeps the subjects, and stores what comes of them. Running it gives them time. */
export class Pipeline implements Service {
  readonly name = 'pipeline'
  readonly #parts: PipelineParts
  readonly #saved: Map<Owner, unknown>
  readonly #lastSeen: ReadonlyMap<Owner, Instant>
  readonly #subjects = new Map<Owner, Subject>()
  readonly #aliveAt: Instant | undefined
  /** The first round saves, so that the next start knows of this one. */
  #savedAtMs = Number.NEGATIVE_INFINITY
  /** When it last had its beat; undefined while none is due: before the first one, and while it waits for the disk. */
  #beatAt: Instant | undefined
  #awakeSince: Instant

  constructor(parts: PipelineParts, saved: Readonly<Record<Owner, unknown>>) {
    this.#parts = parts
    this.#saved = new Map(Object.entries(saved) as [Owner, unknown][])
    this.#lastSeen = readLastSeen(saved[ALIVE])
    this.#aliveAt = readAliveAt(saved[ALIVE])
    this.#awakeSince = parts.clock.now()
  }

  /**
   * Hands a message to the subject that it is for. Nothing comes of one whose subject is not in place.
   * `Input` is the source's own kind of message: only the subject knows its other fields.
   */
  deliver<Input extends Message>(message: Input): Receipt {
    const subject = this.#subjects.get(message.subject)
    this.#noticeStall(this.#parts.clock.now())
    return subject ? this.#take(subject, message) : NOTHING_TO_STORE
  }

  /** Puts a subject in place, new or instead of the one before, whose state it goes on with. */
  put(owner: Owner, make: (remembered: Remembered) => Subject): void {
    const before = this.#subjects.get(owner)
    const subject = make(this.#remember(owner, before))
    this.#subjects.set(owner, subject)
    // Such as a saved state that cannot be read: a subject itself has no log.
    for (const { what, ...trouble } of subject.health().troubles)
      this.#parts.log.warn({ event: 'trouble-began', ...trouble }, what)
  }

  /** Puts subjects in place of others, all at one moment, and stores what comes of it in one transaction with states of the gateway. */
  replace(made: readonly Replacement[], states: Readonly<Record<Owner, unknown>>): Receipt {
    for (const { subject } of made) this.#subjects.set(subject.owner, subject)
    const own = made.map(({ subject }) => [subject.owner, subject.state] as const)
    return this.#store(
      made.flatMap(({ events }) => events),
      { ...Object.fromEntries(own), ...states },
    )
  }

  /** Puts a subject in place that has a saved state and was taken away while the gateway was stopped, so that it can be removed. */
  recall(owner: Owner, make: (remembered: Remembered) => Subject): void {
    if (this.#saved.has(owner) && !this.#subjects.has(owner)) this.put(owner, make)
  }

  /** Takes a subject out of service: what is open ends where it was last seen. What it remembers stays, in case it comes back. */
  remove(owner: Owner): Receipt {
    const subject = this.#subjects.get(owner)
    if (!subject) return NOTHING_TO_STORE
    const taken = subject.retire()
    const { state } = taken
    this.#subjects.delete(owner)
    if (state) this.#saved.set(owner, state)
    else this.#saved.delete(owner)
    return this.#storeWithContext(taken, { [owner]: state ?? null })
  }

  /** Saved states of those that are not in place: what became of them since they were saved is not known. */
  get absent(): ReadonlyMap<Owner, unknown> {
    return new Map([...this.#saved].filter(([owner]) => !this.#subjects.has(owner)))
  }

  /** Undefined where none is in place. */
  subjectOf(owner: Owner): Subject | undefined {
    return this.#subjects.get(owner)
  }

  get subjects(): readonly Subject[] {
    return [...this.#subjects.values()]
  }

  async run(signal: AbortSignal): Promise<void> {
    this.beat()
    while (!signal.aborted) {
      await this.#parts.clock.sleep(TICK_MS, signal)
      const { crowded, durable } = this.beat(signal.aborted)
      if (!crowded) continue
      this.#beatAt = undefined
      await durable
    }
  }

  /**
   * One round of what {@link run} does every second: subjects that want a tick get one, and what moved without an event is
   * saved, every few seconds and in the last round.
   */
  beat(isLast = false): Receipt {
    const now = this.#parts.clock.now()
    this.#noticeStall(now)
    if (!this.#isAwake(now)) this.#awakeSince = now
    this.#beatAt = now
    this.#tick(now)
    const { monoMs } = now
    if (monoMs - this.#savedAtMs < CHECKPOINT_MS && !isLast) return NOTHING_TO_STORE
    this.#savedAtMs = monoMs
    return this.#saveCheckpoints()
  }

  /**
   * Since when this process takes in what comes, without a break. What did not come before that may have come, while the process
   * stood still or waited for its disk.
   */
  awakeSince(): Instant {
    const now = this.#parts.clock.now()
    return this.#isAwake(now) ? this.#awakeSince : now
  }

  #isAwake({ monoMs }: Instant): boolean {
    return this.#beatAt !== undefined && monoMs - this.#beatAt.monoMs <= AWAKE_MAX_MS
  }

  /** What comes of one input, with what other subjects make of its context, in one transaction. */
  #take(subject: Subject, input: Message | Tick | Stall): Receipt {
    const taken = subject.take(input)
    const receipt = this.#storeTaken(subject, taken)
    const { answered } = this.#parts
    if (taken.givenUp) answered?.(subject.owner, taken.givenUp, receipt.durable, [])
    if (taken.answer) answered?.(subject.owner, taken.answer, receipt.durable, taken.events)
    return receipt
  }

  #storeTaken(subject: Subject, taken: Taken): Receipt {
    if (taken.events.length === 0 && !taken.state && !taken.context?.length) return NOTHING_TO_STORE
    return this.#storeWithContext(taken, taken.state ? { [subject.owner]: taken.state } : {})
  }

  /** With what the others make of its context. */
  #storeWithContext(taken: Taken, own: Readonly<Record<Owner, unknown>>): Receipt {
    const events = [...taken.events]
    const states: Record<Owner, unknown> = { ...own }
    for (const context of taken.context ?? []) {
      const other = this.#subjects.get(context.subject)
      const learnt: Taken | undefined = other?.take(context)
      events.push(...(learnt?.events ?? []))
      if (learnt?.state) states[context.subject] = learnt.state
    }
    return this.#store(events, states)
  }

  #store(events: readonly Event[], states: Readonly<Record<Owner, unknown>>): Receipt {
    const { outbox, clock, log } = this.#parts
    const durable = outbox.append({ at: clock.now(), events, states })
    // It rejects only when the outbox is closed for good; what it held is then still on disk or was never acted upon.
    durable.catch((error: unknown) =>
      log.error({ event: 'outbox-refused', error }, 'the outbox took no more entries'),
    )
    return { durable, crowded: outbox.uncommitted > UNCOMMITTED_MAX }
  }

  #remember(owner: Owner, before: Subject | undefined): Remembered {
    const now = this.#parts.clock.now()
    const state = before ? before.state : this.#saved.get(owner)
    const lastSeen = this.#lastSeen.get(owner)
    return { state, lastSeen, before, aliveAt: this.#aliveAt, now }
  }

  /** What comes first after it, a reading or a beat, is taken in when the subjects know of it. */
  #noticeStall(now: Instant): void {
    const from = this.#beatAt
    if (!from || now.monoMs - from.monoMs < STALL_MS) return
    this.#beatAt = now
    this.#awakeSince = now
    const seconds = Math.round((now.monoMs - from.monoMs) / 1_000)
    this.#parts.log.warn({ event: 'gateway-stalled', seconds }, 'the gateway stood still')
    for (const subject of this.#subjects.values()) this.#take(subject, { kind: 'stall', from, to: now })
  }

  #tick(at: Instant): void {
    for (const subject of this.#subjects.values()) {
      if (subject.wakeAtMs !== undefined && subject.wakeAtMs < at.monoMs)
        this.#take(subject, { kind: 'tick', at })
    }
  }

  #saveCheckpoints(): Receipt {
    const alive: Alive2 = { v: 2, at: this.#parts.clock.now() }
    const states: Record<Owner, unknown> = { [ALIVE]: alive }
    for (const [owner, subject] of this.#subjects) {
      const checkpoint = subject.checkpoint()
      if (checkpoint) states[owner] = checkpoint
    }
    return this.#store([], states)
  }
}

/** Before it had a version, a machine called `#alive` saved its state in the same place: that says nothing of the others. */
function readLastSeen(saved: unknown): ReadonlyMap<Owner, Instant> {
  const alive = saved as Alive2 | Alive1 | Alive0 | undefined
  if (!alive || 'carryMs' in alive || !('lastSeen' in alive)) return new Map()
  const boot = alive.bootId
  const entries = Object.entries(alive.lastSeen)
  return new Map(
    entries.map(
      ([name, at]) => ['v' in alive ? (name as Owner) : machineOwner(name), { ...at, boot }] as const,
    ),
  )
}

function readAliveAt(saved: unknown): Instant | undefined {
  const alive = saved as Alive2 | Alive1 | undefined
  return alive?.v === 2 ? alive.at : undefined
}
