/** The least that following these topics can cost with `mqtt`: one subscription, JSON.parse, and the latest value of each topic. */
import { connectAsync } from 'mqtt'
import { answer } from '../child.ts'

/** The latest values, kept as the gateway keeps them. */
const latest = new Map<string, unknown>()
let messages = 0

const answers = {
  start: async ({ url, filter }: { readonly url: string; readonly filter: string }): Promise<void> => {
    const client = await connectAsync(url, { reconnectPeriod: 0 })
    client.on('message', (topic, payload) => {
      const message: { readonly value?: unknown } = JSON.parse(payload.toString())
      latest.set(topic, message.value)
      messages += 1
    })
    await client.subscribeAsync(filter, { qos: 1 })
  },
  /** How many messages have come so far. */
  messages: (_: undefined): number => messages,
}

export type MqttSubscribe = typeof answers

answer(answers)
