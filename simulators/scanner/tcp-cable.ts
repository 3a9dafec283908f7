/** A scanner behind a serial device server: raw TCP, one client at a time, who gets what the scanner sends from then on. */
import { createServer, type Server, type Socket } from 'node:net'
import { portOf } from '../port-of.ts'
import type { ScannerCable } from './cable.ts'

interface TcpCableOptions {
  readonly host?: string
  /** 0: any free one. */
  readonly port?: number
}

export async function tcpCable({
  host = '127.0.0.1',
  port = 0,
}: TcpCableOptions = {}): Promise<ScannerCable> {
  const cable = new TcpCable(host, port)
  await cable.plugIn()
  return cable
}

class TcpCable implements ScannerCable {
  readonly #host: string
  #port: number
  #server: Server | undefined
  #client: Socket | undefined
  #listener: (bytes: Buffer) => void = () => {}

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  get address(): string {
    return `${this.#host}:${this.#port}`
  }

  get isPluggedIn(): boolean {
    return this.#server !== undefined
  }

  get isTaken(): boolean {
    return this.#client !== undefined
  }

  async send(bytes: Buffer): Promise<void> {
    const client = this.#client
    if (client) await new Promise<void>((sent) => client.write(bytes, () => sent()))
  }

  onHeard(listener: (bytes: Buffer) => void): void {
    this.#listener = listener
  }

  /** The device server loses its power. */
  async unplug(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    const closed = new Promise<void>((done) => server.close(() => done()))
    this.#client?.destroy()
    await closed
  }

  async plugIn(): Promise<void> {
    if (this.#server) return
    const server = createServer((socket) => this.#accept(socket))
    await new Promise<void>((listening, failed) => {
      server.once('error', failed)
      server.listen(this.#port, this.#host, listening)
    })
    this.#port = portOf(server)
    this.#server = server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unplug()
  }

  #accept(socket: Socket): void {
    // A client reset its connection; 'close' follows and cleans up.
    socket.on('error', () => {})
    if (this.#client) return void socket.destroy()
    this.#client = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#listener(bytes))
    socket.on('close', () => {
      if (this.#client === socket) this.#client = undefined
    })
  }
}
