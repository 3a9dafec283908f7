/** The monitored items of one subscription: makes them, and turns their notifications into readings. */
import type {
  ClientMonitoredItemBase,
  ClientSubscription,
  DataValue,
  NodeId,
  NotificationMessage,
} from 'node-opcua-client'
import type { DriverContext } from '../../domain/driver.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Reading, Sample } from '../../domain/signal.ts'
import type { OpcUaAddress } from './address.ts'
import { Intake } from './intake.ts'
import type { ReceivedMessage } from './message-order.ts'
import type { MessageTimes } from './message-times.ts'
import { inChunks, resolveNode, type ServerFacts } from './nodes.ts'
import type { OpcUaDevice, OpcUaSession } from './session.ts'
import { badStatusText } from './signal-words.ts'
import { SourceTime } from './source-time.ts'

/** Values kept by the server between two messages: enough for 30 s of silence, and never fewer than 100. */
const QUEUE_COVERS_MS = 30_000
const QUEUE_MIN = 100
/** A node that does not exist is asked for again this often: a new PLC program may bring it. */
const REFUSED_RETRY_MS = 30_000
/** The first reading waits this long for a first value of each signal, once the server has published. */
const FIRST_VALUES_MAX_MS = 3_000

/** For a node that is missing in an answer. */
const NO_ANSWER = { name: 'no answer', description: '' }

interface ItemsOptions {
  readonly device: OpcUaDevice
  readonly context: DriverContext
  readonly session: OpcUaSession
  readonly subscription: ClientSubscription
  readonly facts: ServerFacts
  readonly push: (reading: Reading) => void
}

interface Item {
  readonly index: number
  readonly address: OpcUaAddress
  readonly nodeId: NodeId
  readonly samplingMs: number
}

/** One for each subscription. `stop` ends its timers; the items end with the subscription. */
export class MonitoredItems {
  readonly #options: ItemsOptions
  readonly #intake: Intake
  readonly #times = new SourceTime()
  /** Which signal a client handle stands for. */
  readonly #indexes = new Map<number, number>()
  /** Signals that have no value yet; the first reading waits for them. */
  readonly #awaited: Set<number>
  #first: Sample[] | undefined = []
  /** Messages that come while items are being made: they may already have values of them, whose handles are not known yet. */
  #early: { readonly received: ReceivedMessage; readonly times: MessageTimes }[] | undefined
  /** Everything that changed before has been told. */
  #completeTo: Instant
  #samplingMs = 0
  #refused: readonly Item[] = []
  #cancelFirst: () => void = () => {}
  #cancelRetry: () => void = () => {}
  #isStopped = false

  constructor(options: ItemsOptions) {
    this.#options = options
    this.#intake = new Intake(options.device.signals)
    this.#completeTo = options.context.now()
    this.#awaited = new Set(options.device.signals.keys())
  }

  /** What changed is noticed by the server within this, as it revised it. */
  get samplingMs(): number {
    return this.#samplingMs
  }

  /** Makes all items; a node that the server does not have becomes a bad sample and is tried again later. */
  async create(): Promise<void> {
    const { context, device, facts, session } = this.#options
    const items: Item[] = []
    for (const [index, { address, pollMs }] of device.signals.entries()) {
      const node = resolveNode(address, facts, session.library)
      if ('fault' in node) this.#refuse(index, node.fault)
      else items.push({ index, address, nodeId: node.nodeId, samplingMs: pollMs ?? device.pollMs })
    }
    this.#cancelFirst = context.after(this.#firstValuesMaxMs(), () => this.#giveUpFirst())
    await this.#monitor(items)
    this.#completeFirst(context.now())
    this.#scheduleRetry()
  }

  /** Yields a reading for each message; one without values is a keep-alive, which proves contact all the same. */
  take(received: ReceivedMessage, times: MessageTimes): void {
    if (this.#early) {
      this.#early.push({ received, times })
      return
    }
    const values = this.#valuesOf(received.message)
    const samples = this.#intake.take(values, (index, { sourceTimestamp }) =>
      this.#times.of(index, sourceTimestamp, times),
    )
    this.#completeTo = times.completeTo
    this.#add(samples, received.receivedAt)
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelFirst()
    this.#cancelRetry()
  }

  async #monitor(items: readonly Item[]): Promise<void> {
    this.#early = []
    const refused: Item[] = []
    try {
      for (const [samplingMs, sameRate] of Map.groupBy(items, (item) => item.samplingMs)) {
        for (const chunk of inChunks(sameRate, this.#options.facts.itemsPerCall)) {
          refused.push(...(await this.#monitorChunk(chunk, samplingMs)))
        }
      }
      this.#refused = refused
    } finally {
      const early = this.#early
      this.#early = undefined
      for (const { received, times } of early) this.take(received, times)
    }
  }

  /** @returns the items that the server refused */
  async #monitorChunk(items: readonly Item[], samplingMs: number): Promise<readonly Item[]> {
    const { subscription, session } = this.#options
    const { AttributeIds, TimestampsToReturn } = session.library
    const queueSize = Math.max(QUEUE_MIN, Math.ceil(QUEUE_COVERS_MS / samplingMs))
    const { monitoredItems } = await subscription.monitorItems(
      items.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })),
      { samplingInterval: samplingMs, queueSize, discardOldest: true },
      TimestampsToReturn.Both,
    )
    return items.filter(({ index, address }, n) => {
      const made = monitoredItems[n]
      if (made?.statusCode.isGood()) {
        this.#indexes.set(made.monitoringParameters.clientHandle, index)
        this.#samplingMs = Math.max(this.#samplingMs, this.#sampledEvery(made))
        return false
      }
      this.#refuse(index, badStatusText(address, made?.statusCode ?? NO_ANSWER))
      return true
    })
  }

  /** As revised by the server; a negative interval is the one of publishing (OPC UA part 4, 7.21). */
  #sampledEvery({ monitoringParameters: { samplingInterval } }: ClientMonitoredItemBase): number {
    return samplingInterval < 0 ? this.#options.subscription.publishingInterval : samplingInterval
  }

  #refuse(index: number, why: string): void {
    const at = this.#options.context.now()
    this.#times.note(index, at)
    const sample = this.#intake.refuse(index, why, at)
    this.#awaited.delete(index)
    if (sample) this.#add([sample], at)
  }

  #add(samples: readonly Sample[], at: Instant): void {
    if (!this.#first) {
      this.#options.push({ at, completeTo: this.#completeTo, samples })
      return
    }
    this.#first.push(...samples)
    this.#completeFirst(at)
  }

  #completeFirst(at: Instant): void {
    if (!this.#first || this.#early || this.#awaited.size > 0) return
    const samples = this.#first.sort((one, other) => one.at.monoMs - other.at.monoMs)
    this.#first = undefined
    this.#cancelFirst()
    this.#options.push({ at, completeTo: this.#completeTo, samples })
  }

  #firstValuesMaxMs(): number {
    return FIRST_VALUES_MAX_MS + this.#options.subscription.publishingInterval
  }

  #giveUpFirst(): void {
    if (this.#early) {
      this.#cancelFirst = this.#options.context.after(this.#firstValuesMaxMs(), () => this.#giveUpFirst())
      return
    }
    const at = this.#options.context.now()
    for (const index of this.#awaited) {
      const sample = this.#intake.refuse(index, 'the server sent no first value', at)
      if (sample) this.#first?.push(sample)
    }
    this.#awaited.clear()
    this.#completeFirst(at)
  }

  *#valuesOf({ notificationData }: NotificationMessage): Generator<readonly [number, DataValue]> {
    for (const notification of notificationData ?? []) {
      // Of the kinds of notification only a data change has monitored items.
      const { monitoredItems } = notification as {
        readonly monitoredItems?: readonly { readonly clientHandle: number; readonly value: DataValue }[]
      }
      for (const { clientHandle, value } of monitoredItems ?? []) {
        const index = this.#indexes.get(clientHandle)
        if (index === undefined) continue
        this.#awaited.delete(index)
        yield [index, value]
      }
    }
  }

  #scheduleRetry(): void {
    if (this.#isStopped || this.#refused.length === 0) return
    this.#cancelRetry = this.#options.context.after(REFUSED_RETRY_MS, () => {
      this.#monitor(this.#refused)
        // The link is down at the moment, or the server refuses all of them: they are tried again later.
        .catch((error: unknown) =>
          this.#options.context.log.debug({ error }, 'nodes could not be asked for again'),
        )
        .finally(() => this.#scheduleRetry())
    })
  }
}
