/**
 * What a broker has kept in a session comes right after the login, before all devices have said which topics are theirs. It waits
 * here for them, also what others have got already: several devices may share a topic.
 */
import type { DriverContext } from '../../../domain/driver.ts'
import type { MessageFlags } from '../../../mqtt/incoming.ts'
import { matches } from './topic-filter.ts'

interface EarlyMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly flags: MessageFlags
  /** Who has got it, each by the name under which it listens. */
  readonly takenBy: Set<string>
}

/** Devices that start together have named their topics by then. What is left is of devices that are no more. */
const KEPT_MS = 30_000
const MESSAGES_MAX = 10_000
const BYTES_MAX = 67_108_864

/** One for each connection. */
export class EarlyMessages {
  readonly #context: Pick<DriverContext, 'log'>
  readonly #cancel: () => void
  #messages: EarlyMessage[] = []
  #bytes = 0
  #isOver = false
  #dropped = 0

  constructor(context: Pick<DriverContext, 'after' | 'log'>) {
    this.#context = context
    this.#cancel = context.after(KEPT_MS, () => this.stop())
  }

  /** Nothing is kept any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** The newest are kept. */
  keep(message: EarlyMessage): void {
    if (this.#isOver) return
    this.#messages.push(message)
    this.#bytes += message.payload.length
    while (this.#messages.length > MESSAGES_MAX || this.#bytes > BYTES_MAX) this.#dropOldest()
  }

  /** Those of some topics, in the order in which they came. Nobody gets one twice. */
  take(filters: readonly string[], who: string): readonly EarlyMessage[] {
    const isMeant = ({ topic, takenBy }: EarlyMessage) =>
      !takenBy.has(who) && filters.some((filter) => matches(filter, topic))
    const taken = this.#messages.filter(isMeant)
    for (const { takenBy } of taken) takenBy.add(who)
    return taken
  }

  /** Nothing is kept any more. */
  stop(): void {
    this.#cancel()
    this.#isOver = true
    this.#messages = []
    if (this.#dropped === 0) return
    const what = `the broker had kept more messages than are held here: ${this.#dropped} of the oldest were not taken`
    this.#context.log.warn({ event: 'broker-messages-dropped', dropped: this.#dropped }, what)
    this.#dropped = 0
  }

  #dropOldest(): void {
    const oldest = this.#messages.shift()
    this.#bytes -= oldest?.payload.length ?? 0
    if (oldest?.takenBy.size === 0) this.#dropped += 1
  }
}
