/** The signals of one subscription that follow alarms: what is asked of their nodes, and their values as events come. */
import type { DataValue, EventFilter, NodeId, Variant } from 'node-opcua-client'
import type { DriverContext } from '../../../../domain/driver.ts'
import type { AlarmFormat, SignalSpec } from '../../../../domain/signal.ts'
import type { OpcUaAddress } from '../../address.ts'
import type { ServerNodes } from '../../nodes.ts'
import type { OpcUaSession } from '../../session/session.ts'
import { noEventsText } from '../../signal-words.ts'
import { ActiveAlarms } from './active-alarms.ts'
import { conditionFields, eventFilter, readEvent } from './condition-fields.ts'
import { readConditions } from './read-conditions.ts'

/** What a signal that follows alarms shows, as if its node had that value. */
export interface AlarmValue {
  readonly value: DataValue
  /** What else is known of the alarm. */
  readonly says: string | undefined
}

interface AlarmSignalsOptions {
  readonly session: OpcUaSession
  readonly nodes: Pick<ServerNodes, 'namespaces'>
  readonly context: DriverContext
  readonly signals: readonly SignalSpec<OpcUaAddress>[]
  /** A signal shows something else, without an event. */
  readonly changed: (index: number, shown: AlarmValue) => void
  /** A node is no source of events. */
  readonly refused: (index: number, why: string) => void
}

interface AlarmSignal {
  readonly format: AlarmFormat
  readonly nodeId: NodeId
  readonly alarms: ActiveAlarms
  /** The conditions of which events have come, while the others are being read. */
  readonly said: Set<string>
  /** Events were missing while the conditions were being read: what is read may be older than that. */
  reading: 'none' | 'once' | 'again'
}

/** One for each subscription. */
export class AlarmSignals {
  readonly #options: AlarmSignalsOptions
  /** By the position of the signal. */
  readonly #signals = new Map<number, AlarmSignal>()

  constructor(options: AlarmSignalsOptions) {
    this.#options = options
  }

  /** What the server is asked to send for a signal; undefined for one that shows the value of its node. */
  filterOf(index: number): EventFilter | undefined {
    const { session, signals, nodes } = this.#options
    const format = signals[index]?.address.alarms
    return format && eventFilter(session.library, conditionFields(format, nodes.namespaces.length))
  }

  /** The server sends events for this signal from now on. Which alarms are active already is read. */
  begin(index: number, nodeId: NodeId): void {
    const format = this.#options.signals[index]?.address.alarms
    if (!format) return
    const alarms = new ActiveAlarms(format)
    this.#signals.set(index, { format, nodeId, alarms, said: new Set(), reading: 'none' })
    void this.#readFormer(index)
  }

  /** What the signal shows after an event; undefined where the event changes nothing. */
  take(index: number, fields: readonly Variant[]): AlarmValue | undefined {
    const signal = this.#signals.get(index)
    if (!signal) return undefined
    const event = readEvent(fields, signal.format)
    if (event.kind === 'lost') void this.#readFormer(index)
    if (event.kind !== 'condition') return undefined
    signal.said.add(event.state.condition)
    signal.alarms.note(event.state)
    return this.#shown(signal, event.time)
  }

  async #readFormer(index: number): Promise<void> {
    const signal = this.#signals.get(index)
    const address = this.#options.signals[index]?.address
    if (!signal || !address) return
    if (signal.reading !== 'none') {
      signal.reading = 'again'
      return
    }
    do {
      signal.reading = 'once'
      signal.said.clear()
      await this.#readOnce(index, signal, address)
    } while (isAgain(signal))
    signal.reading = 'none'
  }

  async #readOnce(index: number, signal: AlarmSignal, address: OpcUaAddress): Promise<void> {
    const { session, nodes, context, changed, refused } = this.#options
    try {
      if (!(await sendsEvents(session, signal.nodeId))) {
        refused(index, noEventsText(address))
        return
      }
      const states = await readConditions(session, signal.nodeId, signal.format, nodes.namespaces.length)
      signal.alarms.noteFormer(states, signal.said)
    } catch (error) {
      context.log.debug(
        { event: 'opcua-conditions-unread', error },
        'the conditions of the server could not be read',
      )
      signal.alarms.noteFormer(undefined, signal.said)
    }
    changed(index, this.#shown(signal, null))
  }

  #shown({ alarms }: AlarmSignal, time: Date | null): AlarmValue {
    const { DataValue: Value, DataType, Variant: Of } = this.#options.session.library
    const { value, says } = alarms.shown()
    const variant = new Of({ dataType: DataType.String, value })
    return { value: new Value({ value: variant, sourceTimestamp: time }), says }
  }
}

/** Asked behind a pause, in which it may have changed. */
function isAgain({ reading }: AlarmSignal): boolean {
  return reading === 'again'
}

/** By its attribute EventNotifier, of which the lowest bit says so (OPC UA part 3, 5.5.1). */
async function sendsEvents(session: OpcUaSession, nodeId: NodeId): Promise<boolean> {
  const [answer] = await session.read([nodeId], session.library.AttributeIds.EventNotifier)
  const bits: unknown = answer?.value?.value
  return typeof bits === 'number' && (bits & 1) === 1
}
