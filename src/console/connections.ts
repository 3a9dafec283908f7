/**
 * Bounds on whoever connects: nobody can use up the process's files or keep others out. There are few connections, a request has to
 * come at once, and where there are too many the oldest ends that nobody is served by.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const CONNECTIONS_MAX = 64
/** From the first byte of a request to the last of its head, and how long a connection may be silent. */
const SILENT_MAX_MS = 5_000
/** For a whole request: what is sent to be saved may come over a slow link. */
const REQUEST_MAX_MS = 30_000
const HEADER_BYTES_MAX = 8_192
const LOOK_EVERY_MS = 1_000

/** What Node's server is made with. */
export const LIMITS = {
  headersTimeout: SILENT_MAX_MS,
  requestTimeout: REQUEST_MAX_MS,
  connectionsCheckingInterval: LOOK_EVERY_MS,
  maxHeaderSize: HEADER_BYTES_MAX,
  handshakeTimeout: SILENT_MAX_MS,
} as const

/** The connections of one server. */
export interface Connections {
  /**
   * Keeps a connection while somebody who may be here is served by it: silence is no reason to end it, and it is among the last
   * to go where there are too many.
   */
  hold(socket: Socket): Disposable
  /** Does not end a connection for its silence while an answer is made, for anybody, and goes no further than that. */
  await(socket: Socket): Disposable
}

/** Bounds every connection that a server gets from now on. */
export function boundConnections(server: Server): Connections {
  const open = new Set<Socket>()
  /** By address and port: with TLS, what a request comes by is another socket than the one below it. */
  const held = new Map<string, number>()
  server.setTimeout(SILENT_MAX_MS)
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    if (open.size <= CONNECTIONS_MAX) return
    const oldest = [...open].find((one) => !held.has(peerOf(one))) ?? socket
    oldest.destroy()
  })
  return {
    hold: (socket) => {
      const peer = peerOf(socket)
      held.set(peer, (held.get(peer) ?? 0) + 1)
      socket.setTimeout(0)
      return { [Symbol.dispose]: () => release(socket, peer) }
    },
    await: (socket) => {
      socket.setTimeout(REQUEST_MAX_MS)
      return { [Symbol.dispose]: () => void socket.setTimeout(SILENT_MAX_MS) }
    },
  }

  function release(socket: Socket, peer: string): void {
    const times = (held.get(peer) ?? 1) - 1
    if (times > 0) {
      held.set(peer, times)
      return
    }
    held.delete(peer)
    socket.setTimeout(SILENT_MAX_MS)
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
