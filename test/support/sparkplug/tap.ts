/** A wire between an edge node and its broker on which a judge listens, and which can be cut. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { JudgedSession, SparkplugJudge } from './judge.ts'
import { createPacketReader } from './packets.ts'

export interface TappedBroker extends AsyncDisposable {
  readonly url: string
  /** Both ends of every connection get a reset. */
  cut(): void
  readonly accepted: number
}

/** Starts it. What the edge node sends is judged before it goes on to the broker. */
export async function tapBroker(
  broker: { readonly port: number },
  judge: SparkplugJudge,
): Promise<TappedBroker> {
  const links = new Set<{ readonly client: Socket; readonly upstream: Socket }>()
  let accepted = 0
  const server = createServer((client) => {
    accepted += 1
    const upstream = connect({ port: broker.port, host: '127.0.0.1', noDelay: true })
    const link = { client, upstream }
    links.add(link)
    listen(link, judge)
    client.on('close', () => links.delete(link))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const cut = () => {
    for (const { client, upstream } of links) {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
  }
  return {
    url: `mqtt://127.0.0.1:${port}`,
    cut,
    get accepted() {
      return accepted
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}

function listen(
  { client, upstream }: { readonly client: Socket; readonly upstream: Socket },
  judge: SparkplugJudge,
): void {
  const sent = createPacketReader()
  const received = createPacketReader()
  let session: JudgedSession | undefined
  client.setNoDelay(true)
  client.on('data', (bytes) => {
    for (const packet of sent.read(bytes)) {
      if (packet.kind === 'connect') {
        session = judge.connect(packet)
        received.version = packet.version
      } else session?.sent(packet)
    }
    upstream.write(bytes)
  })
  upstream.on('data', (bytes) => {
    for (const packet of received.read(bytes)) session?.received(packet)
    client.write(bytes)
  })
  client.on('end', () => upstream.end())
  upstream.on('end', () => client.end())
  // The other end is told in the same way; a reset is made on purpose, or because a process was killed.
  client.on('error', () => upstream.resetAndDestroy())
  upstream.on('error', () => client.resetAndDestroy())
  client.on('close', () => {
    upstream.destroySoon()
    if (session) session.closed()
    else judge.maybeConnected()
  })
}
