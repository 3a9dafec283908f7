/** Polls a server's nodes: for servers whose subscriptions cannot be relied on. */
import type { DataValue } from 'node-opcua-client'
import type { DeviceLink, DriverContext } from '../../domain/driver.ts'
import type { LinkLost } from '../../domain/errors.ts'
import type { Reading } from '../../domain/signal.ts'
import { PollTimer, phaseOf } from '../shared/poll-timer.ts'
import { SkippedPolls } from '../shared/skipped-polls.ts'
import { within } from '../shared/within.ts'
import { Intake } from './intake.ts'
import { inChunks, readServerFacts, resolveNode, type ServerFacts } from './nodes.ts'
import type { OpcUaDevice, OpcUaSession } from './session.ts'
import { linkLost, sessionFault } from './session-faults.ts'

/** The longest for one read; longer than the library's own limit of 5 s, so that its error comes first. */
const READ_MAX_MS = 8_000

/** What a link is made of, by polling or by subscription. The link owns the session and closes it. */
export interface LinkOptions {
  readonly device: OpcUaDevice
  readonly context: DriverContext
  readonly session: OpcUaSession
  readonly signal: AbortSignal
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
  readonly #facts: ServerFacts
  readonly #intake: Intake
  readonly #classes: readonly PollClass[]
  readonly #skipped: SkippedPolls
  /** Aborted when the readings are to end: because the link was disposed, or with a fault. */
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  #fault: LinkLost | undefined

  private constructor({ device, context, session, signal }: LinkOptions, facts: ServerFacts) {
    this.#device = device
    this.#context = context
    this.#session = session
    this.#facts = facts
    this.#intake = new Intake(device.signals)
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
    const { session, library } = options.session
    return new OpcUaPolling(options, await readServerFacts(session, library))
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
    const answers: Answer[] = []
    for (const indexes of inChunks(
      due.flatMap((pollClass) => pollClass.indexes),
      this.#facts.nodesPerRead,
    )) {
      answers.push(...(await this.#read(indexes)))
    }
    for (const { timer } of due) this.#skipped.note(timer, nowMs)
    return this.#reading(answers)
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
    const { library, session } = this.#session
    const nodes = indexes.flatMap((index) => {
      const address = this.#device.signals[index]?.address
      return address ? [{ index, node: resolveNode(address, this.#facts, library) }] : []
    })
    const known = nodes.flatMap(({ index, node }) =>
      'nodeId' in node ? [{ index, nodeId: node.nodeId }] : [],
    )
    const attributeId = library.AttributeIds.Value
    try {
      const reading = session.read(known.map(({ nodeId }) => ({ nodeId, attributeId })))
      const values = await within(
        { ms: READ_MAX_MS, context: this.#context, signal: this.#signal },
        reading,
        () => linkLost(this.#device, 'link-timeout', 'gave no answer to a read'),
      )
      this.#session.contact()
      const refused = nodes.flatMap(({ index, node }) =>
        'fault' in node ? [{ index, fault: node.fault }] : [],
      )
      return [
        ...known.flatMap(({ index }, n) => (values[n] ? [{ index, value: values[n] }] : [])),
        ...refused,
      ]
    } catch (error) {
      this.#fail(sessionFault(this.#device, error))
      return []
    }
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
