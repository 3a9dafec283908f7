/**
 * The monitored items of one subscription: makes them, and turns their notifications into readings. Items are made
 * again for nodes that came later, that a download replaced or that moved to another index.
 */
import type {
  ClientMonitoredItemBase,
  ClientSubscription,
  DataValue,
  NodeId,
  NotificationMessage,
} from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import type { LinkLost } from '../../../domain/errors.ts'
import type { Instant } from '../../../domain/instant.ts'
import type { Reading, Sample } from '../../../domain/signal.ts'
import { Intake } from '../intake.ts'
import { FIND_AGAIN_MS, type ServerNodes } from '../nodes.ts'
import { SERVER_STATE_NODE, serverStateFault } from '../session/server-state.ts'
import type { OpcUaDevice, OpcUaSession } from '../session/session.ts'
import { sessionFault } from '../session/session-faults.ts'
import { badStatusText, noFirstValueText } from '../signal-words.ts'
import { AlarmSignals, type AlarmValue } from './alarms/alarm-signals.ts'
import { FirstReading } from './first-reading.ts'
import type { ReceivedMessage } from './message-order.ts'
import type { MessageTimes } from './message-times.ts'
import { notifiedIn } from './notified.ts'
import { isForWantOfRoom } from './refused-subscriptions.ts'
import { type Item, makeItems, removeItems, type WantedItem } from './server-items.ts'
import { SourceTime } from './source-time.ts'
import { type ComparedItem, StaleItems } from './stale-items.ts'

/** The item that is no signal: what the server says of itself. */
const SERVER_STATE = -1
const SERVER_STATE_SAMPLING_MS = 1_000

/** For a node that is missing in an answer. */
const NO_ANSWER = { name: 'no answer', description: '' }

interface ItemsOptions {
  readonly device: OpcUaDevice
  readonly context: DriverContext
  readonly session: OpcUaSession
  readonly subscription: ClientSubscription
  readonly nodes: ServerNodes
  readonly push: (reading: Reading) => void
  readonly fail: (fault: LinkLost) => void
  /** The subscription goes on, and nothing is sampled. */
  readonly frozen: () => void
}

interface Wanted extends WantedItem {
  /** The position of the signal in the device's list. */
  readonly index: number
}

/** What came for a signal, by its position, and what else is known of it. */
type SignalValueOf = readonly [index: number, value: DataValue, says?: string | undefined]

/** One for each subscription. `stop` ends its timers; the items end with the subscription. */
export class MonitoredItems {
  readonly #options: ItemsOptions
  readonly #intake: Intake
  readonly #times = new SourceTime()
  readonly #first: FirstReading
  readonly #stale: StaleItems
  readonly #alarms: AlarmSignals
  /** By the position of the signal. */
  readonly #items = new Map<number, Item>()
  /** Which signal a client handle stands for. */
  readonly #indexes = new Map<number, number>()
  /** Messages that come while items are being made: they may already have values of them, whose handles are not known yet. */
  #early: { readonly received: ReceivedMessage; readonly times: MessageTimes }[] | undefined
  /** Everything that changed before has been handed on. */
  #completeTo: Instant
  #samplingMs = 0
  #cancelFinding: () => void = () => {}
  #isStopped = false

  constructor(options: ItemsOptions) {
    const { device, context } = options
    this.#options = options
    this.#intake = new Intake(device.signals, options.nodes)
    this.#completeTo = context.now()
    this.#stale = new StaleItems(options)
    this.#alarms = new AlarmSignals({
      ...options,
      signals: device.signals,
      changed: (index, shown) => this.#alarmsRead(index, shown),
      refused: (index, why) => this.#refuse(index, why),
    })
    this.#first = new FirstReading({
      context,
      signals: device.signals.length,
      publishingMs: options.subscription.publishingInterval,
      isMaking: () => this.#early !== undefined,
      missing: (index) => this.#missing(index),
      complete: (samples) => this.#push(samples, context.now()),
    })
  }

  /** What changed is noticed by the server within this, as it revised it. */
  get samplingMs(): number {
    return this.#samplingMs
  }

  /** Makes all items, or throws; a node that the server does not have becomes a bad sample and is looked for again later. */
  async create(): Promise<void> {
    const { device, session } = this.#options
    const nodeId = session.library.coerceNodeId(SERVER_STATE_NODE)
    const state = { index: SERVER_STATE, nodeId, samplingMs: SERVER_STATE_SAMPLING_MS }
    await this.#make([...this.#resolve([...device.signals.keys()]), state])
    this.#first.check()
    this.#scheduleFinding()
  }

  /** Yields a reading for each message; one without values is a keep-alive, which proves contact all the same. */
  take(received: ReceivedMessage, times: MessageTimes): void {
    if (this.#early) {
      this.#early.push({ received, times })
      return
    }
    const samples = this.#intake.take(
      this.#valuesOf(received.message),
      (index, { sourceTimestamp: source, serverTimestamp: server }) =>
        this.#times.of(index, { source, server }, times),
    )
    this.#completeTo = times.completeTo
    this.#add(samples, received.receivedAt)
  }

  stop(): void {
    this.#isStopped = true
    this.#first.stop()
    this.#cancelFinding()
  }

  /** The nodes of these signals. One that has none loses its item. */
  #resolve(indexes: readonly number[]): readonly Wanted[] {
    const { device, nodes } = this.#options
    return indexes.flatMap((index) => {
      const signal = device.signals[index]
      if (!signal) return []
      const node = nodes.resolve(signal.address)
      const filter = this.#alarms.filterOf(index)
      if ('nodeId' in node)
        return [{ index, nodeId: node.nodeId, samplingMs: signal.pollMs ?? device.pollMs, filter }]
      this.#refuse(index, node.fault)
      return []
    })
  }

  async #make(wanted: readonly Wanted[]): Promise<void> {
    const { session, subscription } = this.#options
    this.#early = []
    try {
      for (const [item, made] of await makeItems(session, subscription, wanted)) this.#note(item, made)
    } finally {
      const early = this.#early
      this.#early = undefined
      for (const { received, times } of early) this.take(received, times)
    }
  }

  #note({ index, nodeId }: Wanted, made: ClientMonitoredItemBase | undefined): void {
    const item = made?.statusCode.isGood() ? made : undefined
    const handle = item?.monitoringParameters.clientHandle
    // What the former item of this signal still sends is of a node that is no longer meant.
    const former = this.#items.get(index)?.handle
    if (former !== undefined) this.#indexes.delete(former)
    if (handle !== undefined) this.#indexes.set(handle, index)
    const signal = this.#options.device.signals[index]
    if (!signal) return
    this.#items.set(index, {
      nodeId,
      handle,
      itemId: item?.monitoredItemId,
      value: undefined,
      valueMs: this.#nowMs(),
    })
    if (!item) this.#refuse(index, badStatusText(signal.address, made?.statusCode ?? NO_ANSWER))
    else if (signal.address.alarms) this.#alarms.begin(index, nodeId)
    else this.#samplingMs = Math.max(this.#samplingMs, this.#sampledEvery(item))
  }

  /** As revised by the server; a negative interval is the one of publishing (OPC UA part 4, 7.21). */
  #sampledEvery({ monitoringParameters: { samplingInterval } }: ClientMonitoredItemBase): number {
    return samplingInterval < 0 ? this.#options.subscription.publishingInterval : samplingInterval
  }

  #refuse(index: number, why: string): void {
    const at = this.#options.context.now()
    this.#times.note(index, at)
    const sample = this.#intake.refuse(index, why, at)
    this.#first.has(index)
    if (sample) this.#add([sample], at)
  }

  #missing(index: number): Sample | undefined {
    const { device, context } = this.#options
    const address = device.signals[index]?.address
    return address && this.#intake.refuse(index, noFirstValueText(address), context.now())
  }

  #add(samples: readonly Sample[], at: Instant): void {
    if (this.#first.isOver) this.#push(samples, at)
    else this.#first.add(samples)
  }

  #push(samples: readonly Sample[], at: Instant): void {
    this.#options.push({ at, completeTo: this.#completeTo, samples })
  }

  *#valuesOf(message: NotificationMessage): Generator<SignalValueOf> {
    for (const { clientHandle, value, eventFields } of notifiedIn(message)) {
      const index = this.#indexes.get(clientHandle)
      const item = index === undefined ? undefined : this.#items.get(index)
      if (index === SERVER_STATE && value) this.#checkState(value)
      if (index === undefined || !item) continue
      const shown = value ? { value, says: undefined } : this.#alarms.take(index, eventFields ?? [])
      if (!shown) continue
      if (item.value && value) this.#stale.noteChange()
      item.value = shown.value
      item.valueMs = this.#nowMs()
      this.#first.has(index)
      yield [index, shown.value, shown.says]
    }
  }

  /** Which alarms are active was read, without an event. */
  #alarmsRead(index: number, { value, says }: AlarmValue): void {
    if (this.#isStopped) return
    const at = this.#options.context.now()
    this.#times.note(index, at)
    this.#first.has(index)
    this.#add(
      this.#intake.take([[index, value, says]], () => at),
      at,
    )
  }

  #checkState(value: DataValue): void {
    const fault = serverStateFault(this.#options.device, value)
    if (fault) this.#options.fail(fault)
  }

  #scheduleFinding(): void {
    if (this.#isStopped) return
    const { context } = this.#options
    const what = 'nodes could not be looked for again'
    this.#cancelFinding = context.after(FIND_AGAIN_MS, () => {
      this.#findAgain()
        // The link is down at the moment, or the server refuses: it is tried again later.
        .catch((error: unknown) => context.log.debug({ event: 'opcua-nodes-unread', error }, what))
        .finally(() => this.#scheduleFinding())
    })
  }

  /** Makes items again whose node was not there before, is another one now, or was replaced by a download. */
  async #findAgain(): Promise<void> {
    const { device, nodes, session, subscription } = this.#options
    await nodes.findAgain()
    const all = this.#resolve([...device.signals.keys()])
    const delayMs = subscription.publishingInterval + this.#samplingMs
    const { stale, isFrozen } = await this.#stale.find(() => this.#itemsOf(all), delayMs)
    if (isFrozen && !this.#isStopped) this.#options.frozen()
    const wanted = all.filter(({ index, nodeId }) => !this.#isItemOf(index, nodeId) || stale.has(index))
    if (this.#isStopped || wanted.length === 0) return
    const former = wanted.flatMap(({ index }) => this.#items.get(index)?.itemId ?? [])
    await removeItems(session, subscription, former)
    await this.#make(wanted).catch((error: unknown) => this.#failWithoutRoom(error))
  }

  /** Somebody else has taken the room meanwhile: the next connect decides between a subscription and polling. */
  #failWithoutRoom(error: unknown): void {
    const fault = sessionFault(this.#options.device, error)
    if (!isForWantOfRoom(fault)) throw error
    if (!this.#isStopped) this.#options.fail(fault)
  }

  #isItemOf(index: number, nodeId: NodeId): boolean {
    return this.#items.get(index)?.nodeId.toString() === nodeId.toString()
  }

  /** Those whose nodes are still the same, and have values. */
  #itemsOf(all: readonly Wanted[]): readonly ComparedItem[] {
    return all.flatMap(({ index, nodeId }) => {
      const item = this.#items.get(index)
      const address = this.#options.device.signals[index]?.address
      if (address?.alarms) return []
      return item && address && this.#isItemOf(index, nodeId) ? [{ ...item, index, address }] : []
    })
  }

  #nowMs(): number {
    return this.#options.context.now().monoMs
  }
}
