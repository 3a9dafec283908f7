/**
 * The story on one screen: messages come in, each subject makes events of its own, and they go into the outbox together with
 * the state that produced them, in one transaction.
 *
 * Polling never waits for the disk, unless more than a bounded number of entries wait for it. Nothing is dropped.
 */
import type { Event } from './domain/events/event.ts'
import { type Instant, rebase } from './domain/instant.ts'
import type { Outbox } from './domain/outbox.ts'
import { gatewayOwner, machineOwner, type Owner } from './domain/owner.ts'
import type { Message, Receipt, Remembered, Subject, Taken, Tick } from './domain/subject.ts'
import type { Clock } from './runtime/clock.ts'
import type { Log } from './runtime/log.ts'
import type { Service } from './runtime/service.ts'

/** Entries not yet on disk; beyond this the sources wait. */
const UNCOMMITTED_MAX = 10_000
/** How often we look whether a subject wants a tick. A late one does no harm: rows are dated back to what was last seen. */
const TICK_MS = 1_000
/** How often it is saved when each subject was last seen: what a restart may have missed is known this exactly. */
const ALIVE_MS = 5_000
const ALIVE = gatewayOwner('alive')
const NOTHING_TO_STORE: Receipt = { durable: Promise.resolve(), crowded: false }

interface PipelineParts {
  readonly outbox: Pick<Outbox, 'append' | 'uncommitted' | 'states'>
  readonly clock: Clock
  readonly log: Log
  /** Changes when the gateway's computer restarts; monotonic times are only comparable within one boot. */
  readonly bootId: string
}

/** When each subject was last seen, saved for all together. */
interface Alive {
  readonly v: 1
  readonly bootId: string
  readonly at: Instant
  readonly lastSeen: Readonly<Record<Owner, Instant>>
}

/** The same before it had a version: by the codes of machines. */
interface Alive0 extends Omit<Alive, 'v' | 'lastSeen'> {
  readonly lastSeen: Readonly<Record<string, Instant>>
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
  readonly #alive: Alive | undefined
  readonly #subjects = new Map<Owner, Subject>()
  #aliveAtMs: number

  constructor(parts: PipelineParts, saved: Readonly<Record<Owner, unknown>>) {
    this.#parts = parts
    this.#saved = new Map(Object.entries(saved) as [Owner, unknown][])
    this.#alive = readAlive(saved[ALIVE])
    this.#aliveAtMs = parts.clock.now().monoMs
  }

  /**
   * Hands a message to the subject that it is for. Nothing comes of one whose subject is not in place.
   * `Input` is the source's own kind of message: only the subject knows its other fields.
   */
  deliver<Input extends Message>(message: Input): Receipt {
    const subject = this.#subjects.get(message.subject)
    return subject ? this.#take(subject, message) : NOTHING_TO_STORE
  }

  /** Puts a subject in place, new or instead of the one before, whose state it goes on with. */
  put(owner: Owner, make: (remembered: Remembered) => Subject): void {
    const before = this.#subjects.get(owner)
    const subject = make(this.#remember(owner, before))
    this.#subjects.set(owner, subject)
    // Such as a saved state that cannot be read: a subject itself has no log.
    for (const { what, ...trouble } of subject.health().troubles) this.#parts.log.warn(trouble, what)
  }

  /** Takes a subject out of service: what is open ends where it was last seen, and its state is forgotten. */
  remove(owner: Owner): Receipt {
    const subject = this.#subjects.get(owner)
    if (!subject) return NOTHING_TO_STORE
    this.#subjects.delete(owner)
    this.#saved.delete(owner)
    return this.#store(subject.retire(), { [owner]: null })
  }

  get subjects(): readonly Subject[] {
    return [...this.#subjects.values()]
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(TICK_MS, signal)
      const { crowded, durable } = this.beat(signal.aborted)
      if (crowded) await durable
    }
  }

  /**
   * One round of what {@link run} does every second: subjects that want a tick get one, and it is saved when each was last
   * seen, every few seconds and in the last round.
   */
  beat(isLast = false): Receipt {
    this.#tick()
    const { monoMs } = this.#parts.clock.now()
    if (monoMs - this.#aliveAtMs < ALIVE_MS && !isLast) return NOTHING_TO_STORE
    this.#aliveAtMs = monoMs
    return this.#saveAlive()
  }

  /** What comes of one input, with what other subjects make of its context, in one transaction. */
  #take(subject: Subject, input: Message | Tick): Receipt {
    const taken = subject.take(input)
    if (taken.events.length === 0 && !taken.state && !taken.context) return NOTHING_TO_STORE
    const events = [...taken.events]
    const states: Record<Owner, unknown> = taken.state ? { [subject.owner]: taken.state } : {}
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
    durable.catch((error: unknown) => log.error({ error }, 'the outbox took no more entries'))
    return { durable, crowded: outbox.uncommitted > UNCOMMITTED_MAX }
  }

  #remember(owner: Owner, before: Subject | undefined): Remembered {
    const { bootId, clock } = this.#parts
    const now = clock.now()
    const state = before ? before.state : this.#saved.get(owner)
    const lastSeen = before ? (before.lastSeen ?? undefined) : this.#savedLastSeen(owner, now)
    return { state, lastSeen, isReplacement: before !== undefined, bootId, now }
  }

  /** On this boot's clock: the wall clock is the only one that two boots share. */
  #savedLastSeen(owner: Owner, now: Instant): Instant | undefined {
    const seen = this.#alive?.lastSeen[owner]
    return seen && this.#alive?.bootId !== this.#parts.bootId ? rebase(seen, now) : seen
  }

  #tick(): void {
    const at = this.#parts.clock.now()
    for (const subject of this.#subjects.values()) {
      if (subject.wakeAtMs !== undefined && subject.wakeAtMs < at.monoMs)
        this.#take(subject, { kind: 'tick', at })
    }
  }

  #saveAlive(): Receipt {
    const { bootId, clock } = this.#parts
    const states: Record<Owner, unknown> = {}
    const lastSeen: Record<Owner, Instant> = {}
    for (const [owner, subject] of this.#subjects) {
      if (subject.lastSeen) lastSeen[owner] = subject.lastSeen
      const checkpoint = subject.checkpoint()
      if (checkpoint) states[owner] = checkpoint
    }
    return this.#store([], {
      ...states,
      [ALIVE]: { v: 1, bootId, at: clock.now(), lastSeen } satisfies Alive,
    })
  }
}

/** Before it had a version, a machine called `#alive` saved its state in the same place: that says nothing of the others. */
function readAlive(saved: unknown): Alive | undefined {
  const alive = saved as Alive | Alive0 | undefined
  if (!alive || 'v' in alive) return alive
  if ('carryMs' in alive) return undefined
  const lastSeen = Object.entries(alive.lastSeen).map(([code, at]) => [machineOwner(code), at])
  return { ...alive, v: 1, lastSeen: Object.fromEntries(lastSeen) }
}
