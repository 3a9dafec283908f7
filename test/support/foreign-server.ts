/** A device server that behaves as a test says: what it says to each client, and what it heard. */
import type { Socket } from 'node:net'
import { SocketDevice } from './socket-device.ts'

export class ForeignServer extends SocketDevice {
  /** All bytes that any client sent. */
  heard = ''
  readonly #welcome: (socket: Socket, connection: number) => void
  readonly #answer: (bytes: Buffer, socket: Socket) => void

  /** @param welcome what it does with a new connection; `connection` counts from 1 */
  static async start(
    welcome: (socket: Socket, connection: number) => void = () => {},
    answer: (bytes: Buffer, socket: Socket) => void = () => {},
  ): Promise<ForeignServer> {
    const server = new ForeignServer(welcome, answer)
    await server.listen(0)
    return server
  }

  private constructor(
    welcome: (socket: Socket, connection: number) => void,
    answer: (bytes: Buffer, socket: Socket) => void,
  ) {
    super()
    this.#welcome = welcome
    this.#answer = answer
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Sends to every client, as a scanner on its line does. */
  say(text: string): void {
    for (const socket of this.sockets) socket.write(Buffer.from(text, 'latin1'))
  }

  /** Ends every connection in good order. */
  hangUp(): void {
    for (const socket of this.sockets) socket.end()
  }

  protected override accepted(socket: Socket): void {
    this.#welcome(socket, this.connections)
  }

  protected take(received: Buffer, socket: Socket): Buffer {
    this.heard += received.toString('latin1')
    this.#answer(received, socket)
    return Buffer.alloc(0)
  }
}
