/**
 * A scanner whose operator scans one code after the other and notes which of them were confirmed. Beeps carry no number: on one
 * connection they come in the order of the scans.
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { portOf } from '../../../simulators/port-of.ts'

export const GOOD = 'G'
export const BAD = 'B'

/** Whoever hears nothing for so long scans the next thing. */
const BEEP_MAX_MS = 500

export class Trigger implements AsyncDisposable {
  readonly #server: Server
  readonly #name: string
  #client: Socket | undefined
  /** What was sent on this connection, and has no answer yet. */
  #unanswered: string[] = []
  #heard = Promise.withResolvers<void>()
  readonly confirmed: string[] = []
  readonly refused: string[] = []
  /** All codes that were sent. */
  readonly sent: string[] = []

  private constructor(name: string, server: Server) {
    this.#name = name
    this.#server = server
    server.on('connection', (client) => this.#accept(client))
  }

  static async start(name: string): Promise<Trigger> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Trigger(name, server)
  }

  get address(): string {
    return `127.0.0.1:${portOf(this.#server)}`
  }

  /** Scans so many codes, none of them twice, each at least `everyMs` after the one before, and waits where nobody reads. */
  async scan(count: number, everyMs: number): Promise<void> {
    for (let number = 1; number <= count; number += 1) {
      const paced = wait(everyMs)
      await this.#scanOne(`BOX-${this.#name}-${number}`)
      await paced
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#client?.destroy()
    await closed
  }

  async #scanOne(code: string): Promise<void> {
    while (!this.#client) await wait(20)
    this.sent.push(code)
    this.#unanswered.push(code)
    const heard = this.#heard.promise
    this.#client.write(`${code}\r`)
    await Promise.race([heard, wait(BEEP_MAX_MS)])
  }

  #accept(client: Socket): void {
    this.#client = client.setNoDelay(true).setEncoding('latin1')
    this.#unanswered = []
    client.on('error', () => undefined)
    client.on('data', (beeps) => {
      for (const beep of String(beeps)) this.#answered(beep)
    })
    client.on('close', () => {
      if (this.#client === client) this.#client = undefined
    })
  }

  #answered(beep: string): void {
    const code = this.#unanswered.shift()
    if (code === undefined) throw new Error(`${this.#name}: a beep that nothing was scanned for`)
    if (beep === GOOD) this.confirmed.push(code)
    else this.refused.push(code)
    this.#heard.resolve()
    this.#heard = Promise.withResolvers()
  }
}
