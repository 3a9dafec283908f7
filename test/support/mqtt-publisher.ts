/** Whoever publishes to a broker in tests: a client of its own, whose connection can be cut so that its last will is published. */
import { connectAsync, type IClientOptions } from 'mqtt'

interface TestPublisher extends AsyncDisposable {
  /** Texts as they are, everything else as JSON. */
  say(topic: string, payload: unknown, options?: { readonly retain?: boolean }): Promise<void>
  /** Its power is cut. */
  die(): void
}

export async function publisherAt(url: string, options: IClientOptions = {}): Promise<TestPublisher> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options })
  client.on('error', () => undefined)
  return {
    say: async (topic, payload, { retain = false } = {}) => {
      const plain =
        typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload)
      await client.publishAsync(topic, plain, { qos: 1, retain })
    },
    die: () => client.stream.destroy(),
    [Symbol.asyncDispose]: () => client.endAsync(true),
  }
}
