/** Hands on the messages of one subscription: each once, in order, and none left out unnoticed. */
import type { NotificationMessage } from 'node-opcua-client'
import { type Instant, laterOf } from '../../../domain/instant.ts'
import { isKeepAlive, type Published, type Publishing } from './publishing.ts'
import { Sequence } from './sequence.ts'

/** A server that has more messages than this to repeat, or takes longer, repeats itself. */
const REPEATED_MAX = 1_000
const REPEATING_MAX_MS = 10_000

/** A message of a subscription, as it came. */
export interface ReceivedMessage {
  readonly message: NotificationMessage
  readonly receivedAt: Instant
  /** When the server answered, by its own clock; what is repeated has only the time at which it was sent first. */
  readonly answeredAt: Date | null
  /** It had been sent before, and was asked for once more. */
  readonly isRepeated: boolean
  /** The server has more to send at once. */
  readonly isMoreComing: boolean
}

interface MessageOrderOptions {
  readonly publishing: Publishing
  readonly subscriptionId: number
  readonly now: () => Instant
  readonly take: (received: ReceivedMessage) => void
  /** Makes a message readable; undefined where it is so already. */
  readonly prepare: (message: NotificationMessage) => Promise<void> | undefined
  /** Messages are missing, and the server does not have them any more. May be called more than once. */
  readonly lost: () => void
  /** The server refuses to publish. */
  readonly refused: () => void
  /** Called once, when the server is seen to use up numbers for keep-alives. */
  readonly countsKeepAlives: () => void
}

/** One for each subscription. */
export class MessageOrder {
  readonly #options: MessageOrderOptions
  readonly #sequence = new Sequence()
  /** Messages that wait for those before them. */
  #waiting: Promise<void> | undefined
  #isUndisturbed = true
  /** What is handed on later was not received before. */
  #handedOnAt: Instant | undefined

  /** Messages go through it until the function is called that it returns. */
  static start(options: MessageOrderOptions): { readonly order: MessageOrder; readonly stop: () => void } {
    const order = new MessageOrder(options)
    return { order, stop: options.publishing.register(options.subscriptionId, order) }
  }

  private constructor(options: MessageOrderOptions) {
    this.#options = options
  }

  /** The connection broke: what the server sent since its last message may be lost on the way. */
  disturbed(): void {
    this.#isUndisturbed = false
  }

  published(answer: Published): Promise<void> | undefined {
    const { sequenceNumber } = answer.notificationMessage
    const receivedAt = this.#options.now()
    const preparing = this.#options.prepare(answer.notificationMessage)
    if (!preparing && !this.#waiting && !this.#sequence.leftOut(sequenceNumber)) {
      this.#accept(answer, receivedAt)
      return undefined
    }
    const waiting = (this.#waiting ?? Promise.resolve()).then(async () => {
      await this.#fetchLeftOut(answer)
      await preparing
      this.#accept(answer, laterOf(receivedAt, this.#handedOnAt ?? receivedAt))
      if (this.#waiting === waiting) this.#waiting = undefined
    })
    this.#waiting = waiting
    return waiting
  }

  refused(): void {
    this.#options.refused()
  }

  async catchUp(): Promise<void> {
    const untilMs = this.#options.now().monoMs + REPEATING_MAX_MS
    for (let count = 0; count < REPEATED_MAX && this.#options.now().monoMs < untilMs; count++) {
      if (!(await this.#fetch(this.#sequence.expected))) return
    }
    this.#options.lost()
  }

  /** Of the numbers that were left out, the server says which it still has messages of. */
  async #fetchLeftOut({ notificationMessage, availableSequenceNumbers }: Published): Promise<void> {
    const leftOut = this.#sequence.leftOut(notificationMessage.sequenceNumber)
    if (!leftOut) return
    const kept = (availableSequenceNumbers ?? []).filter(
      (number) => number >= leftOut.from && number <= leftOut.to,
    )
    for (const number of kept.toSorted((one, other) => one - other).slice(0, REPEATED_MAX)) {
      // A message that cannot be fetched is missing, which the next one shows.
      await this.#fetch(number).catch(() => false)
    }
  }

  /** @returns whether the server had it */
  async #fetch(number: number): Promise<boolean> {
    const { publishing, subscriptionId, now } = this.#options
    const message = await publishing.again(subscriptionId, number)
    if (!message) return false
    // Both a repair and a later message may have asked for it.
    if (number < this.#sequence.expected) return true
    await this.#options.prepare(message)
    this.#check(number)
    this.#handOn({ message, receivedAt: now(), answeredAt: null, isRepeated: true, isMoreComing: true })
    return true
  }

  #accept(answer: Published, receivedAt: Instant): void {
    const { notificationMessage, moreNotifications, responseHeader } = answer
    this.#check(notificationMessage.sequenceNumber)
    this.#isUndisturbed = true
    this.#handOn({
      message: notificationMessage,
      receivedAt,
      answeredAt: responseHeader.timestamp,
      isRepeated: false,
      isMoreComing: moreNotifications,
    })
  }

  #check(number: number): void {
    if (!this.#sequence.leftOut(number)) return
    if (!this.#sequence.isHarmless(number, this.#isUndisturbed)) this.#options.lost()
    else if (this.#sequence.noteCountedKeepAlive()) this.#options.countsKeepAlives()
  }

  #handOn(received: ReceivedMessage): void {
    this.#handedOnAt = received.receivedAt
    this.#sequence.received(received.message.sequenceNumber, isKeepAlive(received.message))
    this.#options.take(received)
  }
}
