/**
 * Finds items that do not say what their node shows. Many servers leave an item with the node that it was made for: when a
 * download replaces that node, the item says that it is gone, or nothing any more while it seems to be well.
 */
import type { DataValue, NodeId } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import type { OpcUaAddress } from '../address.ts'
import type { Said } from '../intake.ts'
import type { ServerNodes } from '../nodes.ts'
import type { OpcUaSession } from '../session/session.ts'
import { decodeDataValue } from '../values/decode.ts'

/** For a message that is under way, besides the time that sampling and publishing take. */
const UNDER_WAY_MS = 1_000

/** What is to be compared of one item. */
export interface ComparedItem {
  readonly index: number
  readonly nodeId: NodeId
  readonly address: OpcUaAddress
  /** What it said last; undefined where it never did. */
  readonly said: Said | undefined
  /** When that was, by the monotonic clock. */
  readonly saidMs: number
}

interface Found {
  readonly stale: ReadonlySet<number>
  /** Items that were made again are no better, and no other one has said anything since: the server samples nothing. */
  readonly isFrozen: boolean
}

interface StaleItemsOptions {
  readonly context: DriverContext
  readonly session: OpcUaSession
  readonly nodes: Pick<ServerNodes, 'meant'>
}

/** One for each subscription. */
export class StaleItems {
  readonly #context: DriverContext
  readonly #session: OpcUaSession
  readonly #nodes: Pick<ServerNodes, 'meant'>
  /** What a node showed when its item was found stale. Where the next item is no better, this is the server's way. */
  readonly #foundFor = new Map<number, string>()
  /** Those found the last time. */
  #before: ReadonlySet<number> = new Set()
  /** When an item last said something behind its first value, and when this was last looked at; by the monotonic clock. */
  #changedMs = Number.NEGATIVE_INFINITY
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor({ context, session, nodes }: StaleItemsOptions) {
    this.#context = context
    this.#session = session
    this.#nodes = nodes
  }

  /** An item has said something behind its first value, at this moment of the monotonic clock. */
  noteChange(nowMs: number): void {
    this.#changedMs = nowMs
  }

  /**
   * The indexes of those that are stale. `itemsNow` gives the items as they are when it is called; `delayMs` is how long the
   * server takes to sample and publish.
   * @throws Error from the library, when the server does not answer
   */
  async find(itemsNow: () => readonly ComparedItem[], delayMs: number): Promise<Found> {
    const readMs = this.#context.now().monoMs
    const items = itemsNow()
    const shown = await this.#session.read(items.map(({ nodeId }) => nodeId))
    const differing = new Map(items.flatMap((item, n) => this.#differing(item, shown[n])))
    if (differing.size === 0) return this.#remember(new Set())
    await this.#context.sleep(UNDER_WAY_MS + 2 * delayMs)
    // An item that has said something since then is well: its node has just changed.
    const stale = itemsNow().filter(({ index, saidMs }) => differing.has(index) && saidMs < readMs)
    for (const { index } of stale) this.#foundFor.set(index, differing.get(index) ?? '')
    return this.#remember(new Set(stale.map(({ index }) => index)))
  }

  #remember(stale: ReadonlySet<number>): Found {
    const isAgain = [...stale].some((index) => this.#before.has(index))
    const isFrozen = isAgain && this.#changedMs < this.#lookedMs
    this.#before = stale
    this.#lookedMs = this.#context.now().monoMs
    return { stale, isFrozen }
  }

  #differing(item: ComparedItem, shown: DataValue | undefined): (readonly [index: number, shows: string])[] {
    if (!shown) return []
    const shows = textOf(decodeDataValue(shown, item.address, this.#nodes.meant(item.address)))
    const isSame = shows === (item.said ? textOf(item.said) : NOTHING)
    if (isSame) this.#foundFor.delete(item.index)
    return isSame || this.#foundFor.get(item.index) === shows ? [] : [[item.index, shows]]
  }
}

function textOf({ quality, raw }: Said): string {
  return `${quality} ${raw}`
}

/** An item that was refused says the same as a node without a value. */
const NOTHING = 'bad null'
