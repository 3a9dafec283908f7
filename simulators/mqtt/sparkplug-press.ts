/**
 * A press as an edge node of Sparkplug B with one device: births with all its metrics, data with what changed, and a death by its last
 * will. Its payloads are written by Eclipse Tahu's own code, so that a wrong decoding in the gateway cannot agree with itself.
 */
import { decodePayload, encodePayload, type UMetric } from 'sparkplug-payload/lib/sparkplugbpayload.js'
import type { Condition, View } from '../panel.ts'
import { isDoorOpen, STATE_CODES } from '../press/registers.ts'
import { sparkplugName } from './names.ts'
import type { Publisher } from './publisher.ts'
import { type BrokerLogin, openSession } from './session.ts'

const REBIRTH = 'Node Control/Rebirth'
const SEQ_COUNT = 256
/** The property `Quality` of Sparkplug. */
const QUALITY = { good: 192, bad_quality: 0, exception: 0 } as const

export function publishSparkplug(code: string, login: BrokerLogin): Publisher {
  const { group, node, device } = sparkplugName(code)
  const topic = (kind: string, of = node) => `spBv1.0/${group}/${kind}/${of}`
  let seq = 0
  let bdSeq = -1
  let last: View | undefined
  let condition: Condition = 'good'
  let said = new Map<string, string>()

  const death = () => payload([{ name: 'bdSeq', type: 'Int64', value: Math.max(0, bdSeq) }])
  const next = () => {
    seq = (seq + 1) % SEQ_COUNT
    return seq
  }
  const births = (say: typeof session.say) => {
    seq = 0
    const own: UMetric[] = [
      { name: 'bdSeq', type: 'Int64', value: bdSeq },
      { name: REBIRTH, type: 'Boolean', value: false },
    ]
    say(topic('NBIRTH'), payload(own, seq), { qos: 0 })
    if (!last) return
    const metrics = metricsOf(last, condition)
    said = contentOf(metrics)
    say(topic('DBIRTH', `${node}/${device}`), payload(metrics, next()), { qos: 0 })
  }
  const session = openSession(login, `${code}-sparkplug`, {
    will: () => {
      bdSeq += 1
      return { topic: topic('NDEATH'), payload: death(), retain: false }
    },
    topics: [topic('NCMD')],
    hear: (command) => {
      if (asksForRebirth(command)) births(session.say)
    },
    greet: births,
    leave: (say) => say(topic('NDEATH'), death(), { qos: 1 }),
  })
  const show = (view: View) => {
    const isFirst = last === undefined
    last = view
    // What nobody hears takes no number; the next message then has all that changed.
    if (!session.isHeard) return
    // A press that was connected before it had anything to show is born with its first view.
    if (isFirst) return births(session.say)
    const metrics = metricsOf(view, condition)
    const changed = metrics.filter((metric) => said.get(metric.name ?? '') !== content(metric))
    said = contentOf(metrics)
    // Behind its alias, a metric's name is known from the birth.
    const data = changed.map(({ name: _, ...metric }) => metric)
    if (data.length > 0) {
      session.say(topic('DDATA', `${node}/${device}`), payload(data, next(), view.atMs), { qos: 0 })
    }
  }
  return {
    session,
    show,
    setCondition: (changed) => {
      condition = changed
      if (last) show({ ...last, atMs: Date.now() })
    },
  }
}

function payload(metrics: readonly UMetric[], seq?: number, atMs = Date.now()): Buffer {
  const dated = metrics.map((metric) => ({ timestamp: atMs, ...metric }))
  const bytes = encodePayload({
    timestamp: Date.now(),
    metrics: dated,
    ...(seq === undefined ? {} : { seq }),
  })
  return Buffer.from(bytes)
}

function metricsOf({ situation, ...view }: View, condition: Condition): UMetric[] {
  const { state, fault } = situation
  const values = [
    ['Status/State', 'Int32', STATE_CODES[state]],
    ['Status/DoorOpen', 'Boolean', isDoorOpen(state)],
    ['Status/Fault', 'Int32', fault],
    ['Counts/Good', 'Int64', view.goodCount],
    ['Counts/Scrap', 'Int64', view.scrapCount],
    ['Heartbeat', 'Int64', view.heartbeat],
  ] as const
  const properties = { Quality: { type: 'Int32' as const, value: QUALITY[condition] } }
  return values.map(([name, type, value], index) => ({
    name,
    alias: index + 1,
    type,
    timestamp: view.atMs,
    value: condition === 'exception' ? null : value,
    properties,
  }))
}

function contentOf(metrics: readonly UMetric[]): Map<string, string> {
  return new Map(metrics.map((metric) => [metric.name ?? '', content(metric)]))
}

function content({ value, properties }: UMetric): string {
  return JSON.stringify([value, properties])
}

function asksForRebirth(command: Buffer): boolean {
  try {
    return (
      decodePayload(command).metrics?.some(({ name, value }) => name === REBIRTH && value === true) ?? false
    )
  } catch {
    // Whoever sends no Sparkplug asks for nothing.
    return false
  }
}
