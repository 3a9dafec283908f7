/**
 * A host application of Sparkplug for tests: it says whether it is online, takes what edge nodes publish, asks for a rebirth where it
 * missed something, and keeps every event that has reached it.
 */
import { connectAsync, type MqttClient } from 'mqtt'
import type { JudgedMetric } from './edge-stream.ts'
import { EdgeStream, NAMESPACE } from './edge-stream.ts'
import { writeCommand } from './payload.ts'

/** An event as the host got it. */
export interface HeardEvent {
  readonly id: string
  readonly kind: string
  readonly device: string
  readonly isHistorical: boolean
}

export interface SparkplugHost extends AsyncDisposable {
  /** In the order in which they came; one that came twice is there twice. */
  readonly events: readonly HeardEvent[]
  /** Births of the node that it saw, and messages that were missing. */
  readonly births: number
  readonly gaps: number
  /** The newest present value of a metric of a device; undefined where there is none. */
  present(device: string, metric: string): JudgedMetric['value'] | null | undefined
  readonly aliveDevices: readonly string[]
  readonly isNodeAlive: boolean
  askForRebirth(): Promise<void>
  /** Leaves as a host should: says that it is offline, and disconnects. */
  leave(): Promise<void>
  /** Publishes what the will of an older connection of its own would say, which must change nothing. */
  sayOldDeath(): Promise<void>
  /** Its connection breaks; the broker publishes its will. */
  break(): void
  /** Is online again, after it left or lost its broker. */
  join(): Promise<void>
  readonly isJoined: boolean
}

export interface HostOptions {
  readonly url: string
  readonly hostId: string
  readonly group: string
  readonly node: string
}

export async function startSparkplugHost(options: HostOptions): Promise<SparkplugHost> {
  const host = new TestHost(options)
  await host.join()
  return host
}

const RETRY_MS = 100

class TestHost implements SparkplugHost {
  readonly events: HeardEvent[] = []
  births = 0
  gaps = 0
  readonly #options: HostOptions
  readonly #values = new Map<string, Map<string, JudgedMetric['value'] | null>>()
  #client: MqttClient | undefined
  #timestamp = 0
  #stream: EdgeStream
  #isLeaving = false
  /** Something was missed: until the next birth nothing that comes is taken, since nobody knows what it changes. */
  #hasMissed = false

  constructor(options: HostOptions) {
    this.#options = options
    this.#stream = this.#newStream()
  }

  get isJoined(): boolean {
    return this.#client?.connected === true
  }
  get isNodeAlive(): boolean {
    return this.#stream.isBorn
  }
  get aliveDevices(): readonly string[] {
    return [...this.#values.keys()].filter((device) => device !== '' && this.#stream.isAlive(device))
  }

  present(device: string, metric: string): JudgedMetric['value'] | null | undefined {
    return this.#values.get(device)?.get(metric)
  }

  async join(): Promise<void> {
    const { url, hostId, group } = this.#options
    this.#isLeaving = false
    this.#timestamp = Math.max(Date.now(), this.#timestamp + 1)
    const topic = `${NAMESPACE}/STATE/${hostId}`
    const client = await connectAsync(url, {
      clientId: `host-${hostId}`,
      clean: true,
      reconnectPeriod: 0,
      keepalive: 5,
      will: { topic, payload: this.#state(false), qos: 1, retain: true },
    })
    this.#client = client
    this.#stream = this.#newStream()
    client.on('error', () => {})
    client.on('message', (heard, payload, { qos, retain }) => this.#hear(heard, payload, { qos, retain }))
    client.on('close', () => void this.#rejoin(client))
    await client.subscribeAsync([topic, `${NAMESPACE}/${group}/#`], { qos: 1 })
    await client.publishAsync(topic, this.#state(true), { qos: 1, retain: true })
  }

  async leave(): Promise<void> {
    const client = this.#client
    this.#isLeaving = true
    this.#client = undefined
    if (!client) return
    const topic = `${NAMESPACE}/STATE/${this.#options.hostId}`
    const payload = JSON.stringify({ online: false, timestamp: Math.max(Date.now(), this.#timestamp) })
    await client.publishAsync(topic, payload, { qos: 1, retain: true })
    await client.endAsync()
  }

  async sayOldDeath(): Promise<void> {
    const topic = `${NAMESPACE}/STATE/${this.#options.hostId}`
    const payload = JSON.stringify({ online: false, timestamp: this.#timestamp - 1_000 })
    await this.#client?.publishAsync(topic, payload, { qos: 1, retain: true })
  }

  break(): void {
    this.#client?.stream.destroy()
  }

  async askForRebirth(): Promise<void> {
    const { group, node } = this.#options
    const payload = Buffer.from(writeCommand('Node Control/Rebirth', true, Date.now()))
    await this.#client?.publishAsync(`${NAMESPACE}/${group}/NCMD/${node}`, payload, { qos: 0 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isLeaving = true
    const client = this.#client
    this.#client = undefined
    await client?.endAsync(true)
  }

  #state(online: boolean): string {
    return JSON.stringify({ online, timestamp: this.#timestamp })
  }

  #newStream(): EdgeStream {
    const { group, node } = this.#options
    return new EdgeStream(`${group}/${node}`, (rule) => {
      if (rule !== 'seq' && rule !== 'birth-order') return
      this.gaps += 1
      this.#hasMissed = true
      void this.askForRebirth().catch(() => {})
    })
  }

  async #rejoin(client: MqttClient): Promise<void> {
    if (this.#client !== client) return
    while (!this.#isLeaving) {
      const joined = await this.join().then(
        () => true,
        () => false,
      )
      if (joined) return
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  #hear(topic: string, payload: Uint8Array, how: { readonly qos: number; readonly retain: boolean }): void {
    if (topic.startsWith(`${NAMESPACE}/STATE/`)) this.#hearState(payload)
    else if (!topic.includes('CMD/')) this.#hearEdge(topic, payload, how)
  }

  #hearEdge(
    topic: string,
    payload: Uint8Array,
    how: { readonly qos: number; readonly retain: boolean },
  ): void {
    // Death of a session that is over already says nothing of the present one, and every birth begins a new one.
    if (topic.includes('/NDEATH/') && this.#isOfAnotherSession(topic, payload)) return
    if (topic.includes('/NBIRTH/')) {
      this.#stream = this.#newStream()
      this.#values.clear()
      this.#hasMissed = false
      this.births += 1
    }
    const message = this.#stream.take({ topic, payload, ...how })
    if (!message || this.#hasMissed) return
    const device = message.device ?? ''
    this.#keepValues(device, message.metrics)
    if (message.verb === 'DDATA') this.#keepEvent(device, message.metrics)
  }

  /** Somebody said that this host is offline while it is not: the will of an older connection of its own. */
  #hearState(payload: Uint8Array): void {
    const { online, timestamp } = JSON.parse(Buffer.from(payload).toString('utf8'))
    if (online || this.#isLeaving || timestamp > this.#timestamp) return
    const topic = `${NAMESPACE}/STATE/${this.#options.hostId}`
    this.#client?.publishAsync(topic, this.#state(true), { qos: 1, retain: true }).catch(() => {})
  }

  #isOfAnotherSession(topic: string, payload: Uint8Array): boolean {
    const { group, node } = this.#options
    const alone = new EdgeStream(`${group}/${node}`, () => {})
    const death = alone.take({ topic, payload, qos: 1, retain: false })
    const bdSeq = death?.metrics.find(({ named }) => named === 'bdSeq')?.value
    return bdSeq !== this.#stream.bdSeq
  }

  #keepValues(device: string, metrics: readonly JudgedMetric[]): void {
    const known = this.#values.get(device) ?? new Map()
    this.#values.set(device, known)
    for (const { named, value, isNull, isHistorical } of metrics)
      if (!isHistorical) known.set(named, isNull ? null : value)
  }

  #keepEvent(device: string, metrics: readonly JudgedMetric[]): void {
    const said = (name: string) => metrics.find(({ named }) => named === name)?.value
    const id = said('Event/ID')
    if (typeof id !== 'string') return
    const isHistorical = metrics.some((metric) => metric.isHistorical)
    this.events.push({ id, kind: String(said('Event/Kind')), device, isHistorical })
  }
}
