/** An edge node that some devices of this gateway follow: what is known of it, who wants to hear of it, and asking it for a birth. */
import type { LinkLost } from '../../domain/errors.ts'
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import { encodePayload } from '../../mqtt/sparkplug/payload.ts'
import { type EdgeTopic, isDeviceTopic, topicOf } from '../../mqtt/sparkplug/topics.ts'
import { type MetricsOf, type NodeNews, NodeState, type Standing } from './node-state.ts'

/** By what a node is known. */
export interface NodeId {
  readonly group: string
  readonly node: string
}

/** Who follows a node. */
interface NodeFollower {
  /**
   * A message has come, and this is what it came to.
   * @returns a promise where the node has to wait
   */
  news(news: NodeNews, at: Instant): Promise<void> | undefined
  /** The broker has handed over all that it had of the node before this moment, and knows of no death. */
  contact(at: Instant): void
  /** The broker itself is gone; `fault` says why, as the loss of a link. */
  lost(fault: LinkLost): void
}

/** Publishes at the broker at which the node is. */
type PublishOnce = (topic: string, payload: Uint8Array) => void

/** Nodes need some time for a birth, and one that answers badly must not be asked without end. */
const REBIRTH_EVERY_MS = 10_000
const REBIRTH = 'Node Control/Rebirth'

export class FollowedNode {
  readonly #edge: NodeState
  readonly #id: NodeId
  readonly #publish: PublishOnce
  readonly #followers = new Set<NodeFollower>()
  readonly #heardAt = new Map<MetricsOf, Instant>()
  #askedAt: Instant | undefined

  constructor(id: NodeId, publish: PublishOnce) {
    this.#id = id
    this.#edge = new NodeState(`${id.group}/${id.node}`)
    this.#publish = publish
  }

  /** As messages name it: `Savannah/Line1`. */
  get name(): string {
    return this.#edge.name
  }

  get heldBackMs(): number {
    return this.#edge.heldBackMs
  }

  /** The devices whose birth holds. */
  get devices(): readonly string[] {
    return this.#edge.devices
  }

  standing(of: MetricsOf): Standing {
    return this.#edge.standing(of)
  }

  /** When the last message of the node itself, or of the device, came; undefined where none has. */
  heardAt(of: MetricsOf): Instant | undefined {
    return this.#heardAt.get(of)
  }

  /** Returns a function that ends it. */
  follow(follower: NodeFollower): () => void {
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  /** @returns a promise where a follower cannot take more yet */
  take(topic: EdgeTopic, bytes: Uint8Array, at: Instant): Promise<void> | undefined {
    const news = this.#edge.take(topic, bytes, at)
    if (news.kind === 'nothing') return undefined
    this.#heardAt.set(isDeviceTopic(topic) ? topic.device : null, at)
    const waiting = [...this.#followers].flatMap((follower) => follower.news(news, at) ?? [])
    return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined)
  }

  contact(at: Instant): void {
    for (const follower of [...this.#followers]) follower.contact(at)
  }

  lost(fault: LinkLost): void {
    for (const follower of [...this.#followers]) follower.lost(fault)
  }

  /**
   * Publishes the command by which Sparkplug asks an edge node for its births; at most one every 10 s, however many ask. It is the
   * only message that this driver ever publishes, and only where a map says `rebirth: request`.
   */
  askForBirth(at: Instant): void {
    if (this.#askedAt && elapsedMs(this.#askedAt, at) < REBIRTH_EVERY_MS) return
    this.#askedAt = at
    const command = { name: REBIRTH, type: 'Boolean', value: true, at: at.wallMs } as const
    this.#publish(
      topicOf({ kind: 'NCMD', ...this.#id }),
      encodePayload({ at: at.wallMs, metrics: [command] }),
    )
  }
}
