/**
 * Stands between the library and the services with which it fetches what a server publishes, because the library cannot be
 * relied on there:
 * - It takes the number of a keep-alive for that of a message that it has received, and so asks for the wrong messages after a
 *   repaired connection.
 * - Where a server answers that with empty messages it asks again without end.
 * - A publish request that a server refuses is repeated at once, thousands of times a second.
 * - Where a server refuses some of many publish requests as too many it counts down to how many it may send, and may end at none:
 *   then no subscription of the session ever says anything again.
 * - It does not hand on which messages the server still keeps, nor whether more are to come at once.
 */
import type { ClientSession, NotificationMessage } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import { publishEngineOf } from '../library.ts'

/** A publish request that the server refuses is repeated after this time. */
const REFUSED_PAUSE_MS = 1_000

/** One answer to a publish request. */
export interface Published {
  readonly responseHeader: { readonly timestamp: Date | null }
  readonly subscriptionId: number
  /** The numbers of the messages that the server still keeps. */
  readonly availableSequenceNumbers: readonly number[] | null
  readonly moreNotifications: boolean
  readonly notificationMessage: NotificationMessage
}

/** Where the messages of one subscription go. */
interface Inbox {
  /** The next publish request waits for the promise, if there is one. */
  published(answer: Published): Promise<void> | undefined
  /** The connection was repaired: fetches what was published meanwhile, before anything else is. */
  catchUp(): Promise<void>
  /** The server refused a publish request: it is there, and sends nothing. */
  refused(): void
}

type Done<Answer> = (error: Error | null, answer?: Answer) => void

interface RepublishRequest {
  readonly subscriptionId: number
  readonly retransmitSequenceNumber: number
}

/** What the library calls within its session, and does not declare. */
interface PublishingSession {
  publish(request: object, done: Done<Published>): void
  republish(
    request: RepublishRequest,
    done: Done<{ readonly notificationMessage: NotificationMessage }>,
  ): void
}

/** By the library's session, which several subscriptions may share. */
const publishingOf = new WeakMap<ClientSession, Publishing>()

/** The publishing services of one session. */
export class Publishing {
  readonly #session: ClientSession
  readonly #republish: PublishingSession['republish']
  readonly #after: DriverContext['after']
  readonly #inboxes = new Map<number, Inbox>()

  private constructor(clientSession: ClientSession, after: DriverContext['after']) {
    this.#session = clientSession
    const session = clientSession as unknown as PublishingSession
    this.#after = after
    this.#republish = session.republish.bind(session)
    const publish = session.publish.bind(session)
    session.publish = (request, done) =>
      publish(request, (error, answer) => this.#published(error, answer, done))
    session.republish = (request, done) => this.#catchUp(request, done)
  }

  /** The same one for the same session. */
  static of(session: ClientSession, { after }: Pick<DriverContext, 'after'>): Publishing {
    const known = publishingOf.get(session)
    if (known) return known
    const publishing = new Publishing(session, after)
    publishingOf.set(session, publishing)
    return publishing
  }

  /** Messages of this subscription go to the inbox first. Returns a function that ends it. */
  register(subscriptionId: number, inbox: Inbox): () => void {
    this.#inboxes.set(subscriptionId, inbox)
    return () => void this.#inboxes.delete(subscriptionId)
  }

  /**
   * Fetches a message once more, and lets the server forget it.
   * @returns undefined when the server does not have it; some answer with an empty message then
   * @throws Error from the library, when the server does not answer or does not know the subscription
   */
  async again(subscriptionId: number, number: number): Promise<NotificationMessage | undefined> {
    const message = await new Promise<NotificationMessage | undefined>((resolve, reject) => {
      this.#republish({ subscriptionId, retransmitSequenceNumber: number }, (error, answer) => {
        if (!error) resolve(answer?.notificationMessage)
        else if (/BadMessageNotAvailable/.test(error.message)) resolve(undefined)
        else reject(error)
      })
    })
    if (message?.sequenceNumber !== number || isKeepAlive(message)) return undefined
    // The library acknowledges only what comes in an answer to a publish request.
    publishEngineOf(this.#session).acknowledge_notification(subscriptionId, number)
    return message
  }

  #published(error: Error | null, answer: Published | undefined, done: Done<Published>): void {
    if (error && isAnswered(error, answer)) {
      for (const inbox of this.#inboxes.values()) inbox.refused()
      if (/BadTooManyPublishRequests/.test(error.message)) this.#sendFewer(() => done(error))
      else this.#after(REFUSED_PAUSE_MS, () => done(error))
      return
    }
    const waiting = answer && this.#offer(answer)
    if (waiting)
      waiting.then(
        () => done(error, answer),
        (cause: Error) => this.#after(REFUSED_PAUSE_MS, () => done(cause)),
      )
    else done(error, answer)
  }

  /** The library has to hear at once what is refused as too many, to count rightly what still waits in the server: one at least. */
  #sendFewer(tell: () => void): void {
    tell()
    const engine = publishEngineOf(this.#session)
    engine.nbMaxPublishRequestsAcceptedByServer = Math.max(1, engine.nbMaxPublishRequestsAcceptedByServer)
    if (engine.nbPendingPublishRequests > 0) return
    this.#after(REFUSED_PAUSE_MS, () => {
      if (this.#inboxes.size > 0) engine.send_publish_request()
    })
  }

  /** What an inbox throws over an answer that is none must not reach the socket that it came from. */
  #offer(answer: Published): Promise<void> | undefined {
    try {
      return this.#inboxes.get(answer.subscriptionId)?.published(answer)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The library asks for one message after the other until there is none: all are fetched here, and then there is none. */
  #catchUp(request: RepublishRequest, done: Parameters<PublishingSession['republish']>[1]): void {
    const inbox = this.#inboxes.get(request.subscriptionId)
    if (!inbox) {
      this.#republish(request, done)
      return
    }
    inbox.catchUp().then(
      () => done(new Error('BadMessageNotAvailable')),
      (error: Error) => done(error),
    )
  }
}

/** A message without values only says that the subscription is there. */
export function isKeepAlive({ notificationData }: NotificationMessage): boolean {
  return !notificationData || notificationData.length === 0
}

/** The server refused, and not only the connection failed. */
function isAnswered(error: Error, answer: Published | undefined): boolean {
  return answer !== undefined || ('response' in error && error.response !== undefined)
}
