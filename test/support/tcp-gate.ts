/** A gate in front of a server. It lets bytes through, holds them back as if a cable were unplugged, or cuts all connections. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpGate extends AsyncDisposable {
  readonly port: number
  /** From now on nothing passes in either direction, and neither side gets an error. */
  hold(): void
  /** What was held back passes now, and so does everything after it. */
  release(): void
  /** Resets all connections. */
  cut(): void
}

export async function openTcpGate(targetPort: number): Promise<TcpGate> {
  const sockets = new Set<Socket>()
  let isHeld = false

  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket)
    socket.on('error', () => other.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
  }
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    keep(near, far)
    keep(far, near)
    near.pipe(far)
    far.pipe(near)
    if (isHeld) pause(near, far)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    hold: () => {
      isHeld = true
      pause(...sockets)
    },
    release: () => {
      isHeld = false
      for (const socket of sockets) socket.resume()
    },
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function pause(...sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.pause()
}
