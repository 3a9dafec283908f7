/** The edge nodes that a gateway follows. Devices behind the same one share what is known of it. */
import type { DriverContext } from '../../domain/driver.ts'
import type { BrokerPool } from '../shared/brokers/broker-pool.ts'
import type { FollowedNode } from './followed-node.ts'
import type { NodeSubscription } from './node-subscription.ts'
import type { SparkplugDeviceSettings } from './settings.ts'

/** A node for one device. `leave` is called once. */
interface UsedNode {
  readonly node: FollowedNode
  leave(): void
}

interface SharedNode {
  readonly opening: Promise<NodeSubscription>
  users: number
  stopClosing: () => void
}

/**
 * A node that nobody follows is heard for a while: a device whose map was changed is back within a second, and a birth comes only
 * once.
 */
const UNUSED_MAX_MS = 15_000

/** Disposing it leaves all connections. */
export class NodeSubscriptions implements AsyncDisposable {
  readonly #brokers: BrokerPool
  readonly #shared = new Map<string, SharedNode>()
  readonly #stop = new AbortController()

  constructor(brokers: BrokerPool) {
    this.#brokers = brokers
  }

  /** @throws LinkLost, or BrokerFault where the broker refuses the subscription */
  async follow(settings: SparkplugDeviceSettings, context: DriverContext): Promise<UsedNode> {
    const { broker, group, node } = settings
    const key = JSON.stringify([broker, group, node, context.stateFolder])
    const shared = (await this.#usable(key)) ?? this.#open(key, settings, context)
    shared.users += 1
    shared.stopClosing()
    try {
      const heard = await shared.opening
      return { node: heard.node, leave: () => this.#leave(key, shared, context) }
    } catch (error) {
      this.#forget(key, shared)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all([...this.#shared].map(([key, shared]) => this.#close(key, shared)))
  }

  async #usable(key: string): Promise<SharedNode | undefined> {
    const shared = this.#shared.get(key)
    const heard = await shared?.opening.catch(() => undefined)
    if (!shared || !heard?.isLost) return shared
    await this.#close(key, shared)
    return undefined
  }

  #open(key: string, settings: SparkplugDeviceSettings, context: DriverContext): SharedNode {
    // While this one waited for what was there before, another device may have opened it.
    const open = this.#shared.get(key)
    if (open) return open
    const opening = this.#hear(settings, context)
    // Whoever waits for it gets the fault as well.
    opening.catch(() => {})
    const shared = { opening, users: 0, stopClosing: () => {} }
    this.#shared.set(key, shared)
    return shared
  }

  async #hear(
    { broker, group, node }: SparkplugDeviceSettings,
    context: DriverContext,
  ): Promise<NodeSubscription> {
    const { NodeSubscription } = await import('./node-subscription.ts')
    const lease = await this.#brokers.enter({ broker, session: 'clean' }, context, this.#stop.signal)
    try {
      return await NodeSubscription.open({ group, node }, lease, context)
    } catch (error) {
      await lease[Symbol.asyncDispose]()
      throw error
    }
  }

  #leave(key: string, shared: SharedNode, context: DriverContext): void {
    shared.users -= 1
    if (shared.users > 0) return
    shared.stopClosing = context.after(UNUSED_MAX_MS, () => void this.#close(key, shared))
  }

  #forget(key: string, shared: SharedNode): void {
    if (this.#shared.get(key) === shared) this.#shared.delete(key)
  }

  async #close(key: string, shared: SharedNode): Promise<void> {
    this.#forget(key, shared)
    shared.stopClosing()
    const heard = await shared.opening.catch(() => undefined)
    await heard?.[Symbol.asyncDispose]()
  }
}
