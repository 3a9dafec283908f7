/** Polls a server's nodes: for servers whose subscriptions cannot be relied on. */
import type { DataValue } from 'node-opcua-client'
import type { DeviceLink, DriverContext } from '../../domain/driver.ts'
import type { LinkLost } from '../../domain/errors.ts'
import type { Reading } from '../../domain/signal.ts'
import { PollTimer, phaseOf } from '../shared/poll-timer.ts'
import { SkippedPolls } from '../shared/skipped-polls.ts'
import { within } from '../shared/within.ts'
import { Intake } from './intake.ts'
import { FIND_AGAIN_MS, ServerNodes } from './nodes.ts'
import { SERVER_STATE_NODE, serverStateFault } from './session/server-state.ts'
import type { OpcUaDevice, OpcUaSession } from './session/session.ts'
import { linkLost, sessionFault } from './session/session-faults.ts'
import { noAlarmsText } from './signal-words.ts'

/** For all requests of one poll. */
const POLL_MAX_MS = 60_000

/** What a link is made of, by polling or by subscription. The link owns the session and closes it. */
export interface LinkOptions {
  readonly device: OpcUaDevice
  readonly context: DriverContext
  readonly session: OpcUaSession
  readonly signal: AbortSignal
  /** To be called when the subscription goes on and nothing is sampled: the device is to be polled then. */
  readonly frozen: () => void
}

interface PollClass {
  readonly timer: PollTimer
  readonly indexes: readonly number[]
}

/** What a poll says of one signal: its value, or why it has none. */
interface Answer {
  readonly index: number
  readonly value?: DataValue
  readonly fault?: string
}

/** A link that polls. */
export class OpcUaPolling implements DeviceLink {
  readonly #device: OpcUaDevice
  readonly #context: DriverContext
  readonly #session: OpcUaSession
  readonly #nodes: ServerNodes
  readonly #intake: Intake
  readonly #classes: readonly PollClass[]
  readonly #skipped: SkippedPolls
  /** Aborted when the readings are to end: because the link was disposed, or with a fault. */
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  #fault: LinkLost | undefined
  /** When the nodes were found, by the monotonic clock. */
  #foundMs: number

  private constructor({ device, context, session, signal }: LinkOptions, nodes: ServerNodes) {
    this.#device = device
    this.#context = context
    this.#session = session
    this.#nodes = nodes
    this.#foundMs = context.now().monoMs
    this.#intake = new Intake(device.signals, nodes)
    this.#classes = pollClasses(device, context)
    this.#skipped = new SkippedPolls(device.id, context)
    this.#signal = AbortSignal.any([signal, this.#ended.signal])
    // A repaired connection has nothing to gain here: between polls the server keeps no values for us.
    session.listen(session.client, 'connection_lost', () =>
      this.#fail(linkLost(device, 'link-closed', 'closed the connection')),
    )
    session.listen(session.session, 'session_closed', () =>
      this.#fail(linkLost(device, 'link-closed', 'closed the session')),
    )
  }

  /** @throws Error from the library, when the server does not answer what every server answers */
  static async open(options: LinkOptions): Promise<OpcUaPolling> {
    const { session, device, context } = options
    return new OpcUaPolling(
      options,
      await ServerNodes.find({ session, signals: device.signals, log: context.log }),
    )
  }

  get remark(): string | undefined {
    return this.#session.remarks
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Reading> {
    while (!this.#signal.aborted) {
      const reading = await this.#pollDue()
      if (this.#signal.aborted) break
      if (reading) yield reading
      const dueMs = Math.min(...this.#classes.map(({ timer }) => timer.dueMs))
      await this.#context.sleep(Math.max(1, Math.ceil(dueMs - this.#context.now().monoMs)), this.#signal)
    }
    if (this.#fault) throw this.#fault
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    await this.#session.close()
  }

  #fail(fault: LinkLost): void {
    if (this.#signal.aborted) return
    this.#fault = fault
    this.#session.doubt()
    this.#ended.abort()
  }

  async #pollDue(): Promise<Reading | undefined> {
    const nowMs = this.#context.now().monoMs
    const due = this.#classes.filter(({ timer }) => timer.take(nowMs))
    if (due.length === 0) return undefined
    this.#skipped.began(due, nowMs)
    try {
      const answers = await this.#read(due.flatMap(({ indexes }) => indexes))
      this.#skipped.ended(this.#context.now().monoMs)
      return this.#reading(answers)
    } catch (error) {
      this.#fail(sessionFault(this.#device, error))
      return undefined
    }
  }

  /** One poll is one moment, however many requests it takes and whatever the server's clock says. */
  #reading(answers: readonly Answer[]): Reading {
    const at = this.#context.now()
    const values = answers.flatMap(({ index, value }) => (value ? [[index, value] as const] : []))
    const refused = answers.flatMap(({ index, fault }) => {
      const sample = fault === undefined ? undefined : this.#intake.refuse(index, fault, at)
      return sample ? [sample] : []
    })
    return { at, completeTo: at, samples: [...this.#intake.take(values, () => at), ...refused] }
  }

  async #read(indexes: readonly number[]): Promise<readonly Answer[]> {
    await this.#findAgain()
    const resolved = indexes.flatMap((index) => {
      const signal = this.#device.signals[index]
      if (!signal) return []
      const { address } = signal
      return [
        { index, node: address.alarms ? { fault: noAlarmsText(address) } : this.#nodes.resolve(address) },
      ]
    })
    const known = resolved.flatMap(({ index, node }) =>
      'nodeId' in node ? [{ index, nodeId: node.nodeId }] : [],
    )
    const asked = [SERVER_STATE_NODE, ...known.map(({ nodeId }) => nodeId)]
    // While the library repairs the connection a request may wait for ever: the end of the link ends the wait.
    const late = () => linkLost(this.#device, 'link-timeout', 'does not finish a poll')
    const bounds = { ms: POLL_MAX_MS, context: this.#context, signal: this.#signal }
    const [state, ...values] = await within(bounds, this.#session.read(asked), late)
    this.#session.contact()
    const fault = serverStateFault(this.#device, state)
    if (fault) throw fault
    return [
      ...known.flatMap(({ index }, n) => (values[n] ? [{ index, value: values[n] }] : [])),
      ...resolved.flatMap(({ index, node }) => ('fault' in node ? [{ index, fault: node.fault }] : [])),
    ]
  }

  /** A download may have given the namespaces other indexes. */
  async #findAgain(): Promise<void> {
    const nowMs = this.#context.now().monoMs
    if (nowMs - this.#foundMs < FIND_AGAIN_MS) return
    this.#foundMs = nowMs
    await this.#nodes.findAgain()
  }
}

function pollClasses(device: OpcUaDevice, context: DriverContext): PollClass[] {
  const nowMs = context.now().monoMs
  const byInterval = Map.groupBy(
    device.signals.keys(),
    (index) => device.signals[index]?.pollMs ?? device.pollMs,
  )
  return [...byInterval].map(([intervalMs, indexes]) => ({
    timer: new PollTimer(intervalMs, phaseOf(device.id), nowMs),
    indexes,
  }))
}
