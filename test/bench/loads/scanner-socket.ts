/** A scanner behind a serial device server, which measures how long it waits for its beep. It sends one scan at a time. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { portOf } from '../../../simulators/port-of.ts'
import { until } from '../until.ts'

const BEEP_MAX_MS = 10_000

export class ScannerSocket implements AsyncDisposable {
  readonly #server: Server
  #client: Socket | undefined

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (client) => {
      this.#client = client.setNoDelay(true)
      client.on('error', () => undefined)
      client.on('close', () => {
        this.#client = undefined
      })
    })
  }

  static async open(): Promise<ScannerSocket> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ScannerSocket(server)
  }

  get port(): number {
    return portOf(this.#server)
  }

  /** Resolves once somebody reads it. @param mustRun throws where the reader has ended */
  async taken(mustRun: () => void): Promise<void> {
    await until('the scanner being read', { maxMs: 30_000, everyMs: 50 }, () => {
      mustRun()
      return this.#client ? true : undefined
    })
  }

  /** @returns ms from the last byte of the code to the first byte of the beep */
  async scan(code: string): Promise<number> {
    const client = this.#client
    if (!client) throw new Error('nobody reads the scanner')
    const beep = once(client, 'data', { signal: AbortSignal.timeout(BEEP_MAX_MS) })
    const sentMs = performance.now()
    client.write(`${code}\r`)
    await beep
    return performance.now() - sentMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#client?.destroy()
    await closed
  }
}
