/** An edge node of Sparkplug B for tests: a bare client of MQTT that publishes what a test says, in order or not. */
import { connectAsync, type MqttClient } from 'mqtt'
import { encodePayload, type MetricToSend } from '../../src/mqtt/sparkplug/payload.ts'
import { type EdgeTopic, topicOf } from '../../src/mqtt/sparkplug/topics.ts'

const GROUP = 'Savannah'
const NODE = 'Line1'
export const DEVICE = 'PRESS'

/** A metric as a birth has it. */
export interface TestMetric {
  readonly name: string
  readonly type: MetricToSend['type']
  readonly value: MetricToSend['value']
  readonly at?: number
  readonly isHistorical?: boolean
}

export interface TestEdgeNode extends AsyncDisposable {
  /** The keys below `device:` that name it. */
  readonly settings: { readonly url: string; readonly group: string; readonly node: string }
  /** How often a birth was asked for. */
  readonly asked: number
  /** Connects, with the next number of its will, without a birth. */
  connect(): Promise<void>
  birth(): Promise<void>
  deviceBirth(metrics: readonly TestMetric[], device?: string): Promise<void>
  data(metrics: readonly TestMetric[], device?: string): Promise<void>
  deviceDeath(device?: string): Promise<void>
  /** Publishes a death as the will of the connection with this number. */
  death(bdSeq?: number): Promise<void>
  /** As data that nobody received. */
  skip(): void
  /** Whatever bytes of whatever kind. */
  raw(kind: EdgeTopic['kind'], bytes: Uint8Array): Promise<void>
  /** The cable is out: the broker publishes its will. */
  pull(): void
}

export async function startEdgeNode(url: string, honours = false): Promise<TestEdgeNode> {
  let client: MqttClient | undefined
  let [seq, bdSeq, asked] = [-1, -1, 0]
  const aliases = new Map<string, number>()
  const alias = (name: string) => {
    const known = aliases.get(name) ?? aliases.size + 1
    aliases.set(name, known)
    return known
  }
  const number = () => {
    seq = (seq + 1) % 256
    return seq
  }
  const death = (of: number) =>
    encodePayload({ at: Date.now(), metrics: [{ name: 'bdSeq', type: 'Int64', value: of, at: Date.now() }] })
  const publish = async (topic: EdgeTopic, bytes: Uint8Array, qos: 0 | 1 = 0) => {
    await client?.publishAsync(topicOf(topic), Buffer.from(bytes), { qos })
  }
  const id = { group: GROUP, node: NODE }
  let births: readonly (readonly [readonly TestMetric[], string])[] = []
  const sent = (metrics: readonly TestMetric[], isNamed: boolean): readonly MetricToSend[] =>
    metrics.map(({ name, at = Date.now(), ...rest }) => ({
      ...rest,
      at,
      alias: alias(name),
      ...(isNamed && { name }),
    }))
  const node: TestEdgeNode = {
    settings: { url, ...id },
    get asked() {
      return asked
    },
    connect: async () => {
      bdSeq += 1
      const will = {
        topic: topicOf({ kind: 'NDEATH', ...id }),
        payload: Buffer.from(death(bdSeq)),
        qos: 1 as const,
        retain: false,
      }
      client = await connectAsync(url, { reconnectPeriod: 0, protocolVersion: 4, will })
      client.on('error', () => {})
      client.on('message', () => {
        asked += 1
        if (honours) void node.birth().then(() => Promise.all(births.map((one) => node.deviceBirth(...one))))
      })
      await client.subscribeAsync(topicOf({ kind: 'NCMD', ...id }))
    },
    birth: async () => {
      seq = -1
      const metrics: MetricToSend[] = [{ name: 'bdSeq', type: 'Int64', value: bdSeq, at: Date.now() }]
      await publish({ kind: 'NBIRTH', ...id }, encodePayload({ at: Date.now(), seq: number(), metrics }))
    },
    deviceBirth: async (metrics, device = DEVICE) => {
      births = [[metrics, device]]
      const payload = { at: Date.now(), seq: number(), metrics: sent(metrics, true) }
      await publish({ kind: 'DBIRTH', ...id, device }, encodePayload(payload))
    },
    data: async (metrics, device = DEVICE) => {
      const payload = {
        at: Date.now(),
        seq: number(),
        metrics: sent(metrics, false),
        typesKnown: true,
      } as const
      await publish({ kind: 'DDATA', ...id, device }, encodePayload(payload))
    },
    deviceDeath: (device = DEVICE) =>
      publish(
        { kind: 'DDEATH', ...id, device },
        encodePayload({ at: Date.now(), seq: number(), metrics: [] }),
      ),
    death: (of = bdSeq) => publish({ kind: 'NDEATH', ...id }, death(of), 1),
    skip: () => void number(),
    raw: (kind, bytes) =>
      publish((kind.startsWith('D') ? { kind, ...id, device: DEVICE } : { kind, ...id }) as EdgeTopic, bytes),
    pull: () => void client?.stream.destroy(),
    [Symbol.asyncDispose]: async () => void client?.end(true),
  }
  await node.connect()
  return node
}
