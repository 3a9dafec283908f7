/** What every stand-in for a device has: a TCP server whose connections a test can count, cut and end. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

export abstract class SocketDevice implements AsyncDisposable {
  readonly #server: Server = createServer((socket) => this.#accept(socket))
  /** Those that are open now. */
  protected readonly sockets = new Set<Socket>()
  /** All that were ever made. */
  connections = 0

  /** @param port 0: any that is free */
  protected async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
  }

  /** Called with each new connection, before it sends anything. */
  protected accepted(_socket: Socket): void {}

  /** Gets all bytes of a connection that were not used yet; returns those that it leaves. */
  protected abstract take(received: Buffer, socket: Socket): Buffer

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get openConnections(): number {
    return this.sockets.size
  }

  /** Cuts all connections, as a device that is switched off and on. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  /** Ends the device for good. */
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #accept(socket: Socket): void {
    this.connections++
    this.sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {}) // The other end may cut the connection; that is what many tests are about.
    socket.on('close', () => this.sockets.delete(socket))
    this.accepted(socket)
    let left = Buffer.alloc(0)
    socket.on('data', (data) => {
      left = Buffer.from(this.take(Buffer.concat([left, data]), socket))
    })
  }
}
