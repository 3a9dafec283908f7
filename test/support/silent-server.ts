/** Something that accepts every connection and never says a word, as a device or a database that hangs. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface SilentServer extends AsyncDisposable {
  readonly port: number
  /** Bytes that were said to it. */
  readonly heard: number
  /** The first of them, as they came at once. */
  readonly firstWords: Promise<Buffer>
  /** Connections that are open now. */
  readonly connections: number
}

export async function startSilentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>()
  const firstWords = Promise.withResolvers<Buffer>()
  let heard = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (bytes) => {
      heard += bytes.length
      firstWords.resolve(bytes)
    })
    socket.on('error', () => undefined) // The other side may end as it likes.
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    firstWords: firstWords.promise,
    get heard() {
      return heard
    },
    get connections() {
      return sockets.size
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
