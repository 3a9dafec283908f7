/** The least that publishing these messages can cost with `mqtt`: JSON.stringify and QoS 1, so many of them under way at a time. */
import { connectAsync } from 'mqtt'

interface BareMessage {
  readonly topic: string
  readonly said: object
}

/** As many as the feed has under way. */
const IN_FLIGHT_MAX = 100

/** Resolves once the broker has acknowledged all of them. */
export async function publishAll(url: string, messages: readonly BareMessage[]): Promise<void> {
  const client = await connectAsync(url, { reconnectPeriod: 0, protocolVersion: 5 })
  let next = 0
  const publishOneByOne = async () => {
    for (let message = messages[next]; message; message = messages[next]) {
      next += 1
      await client.publishAsync(message.topic, JSON.stringify(message.said), { qos: 1 })
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, publishOneByOne))
  await client.endAsync()
}
