/**
 * Machines that publish every signal to a topic of its own, as gateways in front of PLCs do, at a steady rate; as the load of a
 * benchmark. The status of each machine goes round at its own pace, the other signals count up.
 */
import { connectAsync, type MqttClient } from 'mqtt'
import { answer } from '../child.ts'
import { STATUS_ROUND, signalTopic } from './plant.ts'

export interface MqttLoad {
  readonly url: string
  readonly machines: number
  /** Of each machine; the first one is its status. */
  readonly signals: number
  readonly messagesPerSecond: number
  /** How long a machine stays in one status. */
  readonly statusMs: number
}

/** Messages are sent in small groups: a timer for each would cost more than the message. */
const TICK_MS = 10

let published = 0
let beganMs = 0

function publishAll(client: MqttClient, load: MqttLoad): void {
  const topics = Array.from({ length: load.machines * load.signals }, (_, index) =>
    signalTopic(Math.floor(index / load.signals), index % load.signals),
  )
  beganMs = performance.now()
  setInterval(() => {
    const due = Math.floor(((performance.now() - beganMs) / 1_000) * load.messagesPerSecond)
    for (; published < due; published += 1) {
      const place = published % topics.length
      const value = place % load.signals === 0 ? statusOf(place / load.signals, load) : published
      client.publish(topics[place] ?? '', JSON.stringify({ value, unit: 'mm', name: topics[place] }), {
        qos: 0,
      })
    }
  }, TICK_MS)
}

/** Machines change their status in turn, not all at once. */
function statusOf(machine: number, { machines, statusMs }: MqttLoad): number {
  const phase = (performance.now() - beganMs) / statusMs + machine / machines
  return STATUS_ROUND[Math.floor(phase) % STATUS_ROUND.length] ?? STATUS_ROUND[0]
}

const answers = {
  start: async (load: MqttLoad): Promise<void> => {
    const client = await connectAsync(load.url, { reconnectPeriod: 0, protocolVersion: 4 })
    publishAll(client, load)
  },
  /** How many messages were published so far. */
  published: (_: undefined): number => published,
}

export type MqttMachines = typeof answers

answer(answers)
