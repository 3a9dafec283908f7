/** An edge node as it is heard at a broker: its messages, and the broker's word that no other one is under way. */
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { parseTopic } from '../../mqtt/sparkplug/topics.ts'
import { brokerLinkLost } from '../shared/brokers/broker-pool.ts'
import type { BrokerLease } from '../shared/brokers/shared-broker.ts'
import { FollowedNode, type NodeId } from './followed-node.ts'

/**
 * So often the broker is asked for a sign that all it had has come: then a node of which no death came was there. As often as a PLC
 * is polled, so that what has to hold for a while is decided in time, also where nothing changes.
 */
const CONTACT_EVERY_MS = 1_000

/** Disposing it leaves the connection to others. */
export class NodeSubscription implements AsyncDisposable {
  readonly node: FollowedNode
  readonly #lease: BrokerLease
  readonly #context: DriverContext
  readonly #lose: () => void
  #stopAsking = () => {}
  #isOver = false

  private constructor(id: NodeId, lease: BrokerLease, context: DriverContext) {
    this.#lease = lease
    this.#context = context
    this.node = new FollowedNode(id, (topic, payload) => this.#publish(topic, payload))
    this.#lose = () => {
      this.#stopAsking()
      const fault = brokerLinkLost(lease.lost.reason)
      // The reason is a fault of the broker always.
      if (fault instanceof LinkLost) this.node.lost(fault)
    }
    lease.lost.addEventListener('abort', this.#lose, { once: true })
  }

  /** @throws BrokerFault where the broker refuses the subscription */
  static async open(id: NodeId, lease: BrokerLease, context: DriverContext): Promise<NodeSubscription> {
    const heard = new NodeSubscription(id, lease, context)
    const { group, node } = id
    const filters = [`spBv1.0/${group}/+/${node}`, `spBv1.0/${group}/+/${node}/+`]
    await lease.subscribe(filters, (topic, payload, { retain }) => heard.#take(topic, payload, retain))
    heard.#askLater()
    return heard
  }

  /** The connection is gone, and what was heard is of no use any more. */
  get isLost(): boolean {
    return this.#lease.lost.aborted
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#stopAsking()
    this.#lease.lost.removeEventListener('abort', this.#lose)
    await this.#lease[Symbol.asyncDispose]()
  }

  #take(written: string, payload: Buffer, isRetained: boolean): Promise<void> | undefined {
    const topic = parseTopic(written)
    if (!topic || topic.kind === 'STATE') return undefined
    if (!isRetained) return this.node.take(topic, payload, this.#context.now())
    // No message of a node is to be retained: one that is says nothing of the present.
    this.#context.log.debug(
      { event: 'sparkplug-retained-passed-over', topic: written },
      `a retained message of ${written} is passed by`,
    )
    return undefined
  }

  #publish(topic: string, payload: Uint8Array): void {
    // That it did not arrive shows in the birth that does not come, and it is published again.
    void this.#lease.publish(topic, Buffer.from(payload), { qos: 0 }).catch((error: unknown) => {
      this.#context.log.debug(
        { event: 'sparkplug-unpublished', topic, error },
        `${topic} could not be published`,
      )
    })
  }

  #askLater(): void {
    this.#stopAsking = this.#context.after(CONTACT_EVERY_MS, () => void this.#ask())
  }

  async #ask(): Promise<void> {
    const at = this.#context.now()
    try {
      await this.#lease.roundTrip()
    } catch {
      // The connection is lost then, and says so itself.
      return
    }
    if (this.#isOver) return
    this.node.contact(at)
    this.#askLater()
  }
}
