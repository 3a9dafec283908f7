/**
 * Sessions that are still open in a server, because their connection broke before they could be closed. A PLC has few of
 * them and keeps each until its time-out, so they are closed over the next connection that can be made.
 */
import type { ClientSession, OPCUAClient } from 'node-opcua-client'
import type { DriverContext } from '../../domain/driver.ts'
import { publishEngineOf } from './library.ts'

interface LeftSession {
  readonly session: ClientSession
  /** By the monotonic clock: when the server ends it by itself. */
  readonly goneMs: number
}

/** Those of one server, opened with one security and one user. */
export class LeftSessions {
  readonly #context: Pick<DriverContext, 'now'>
  #left: readonly LeftSession[] = []

  constructor(context: Pick<DriverContext, 'now'>) {
    this.#context = context
  }

  /** The session's client must be disconnected, or about to be. */
  add(session: ClientSession): void {
    // The library would go on looking for a connection to publish over.
    publishEngineOf(session).suspend(true)
    this.#left = [...this.#left, { session, goneMs: this.#nowMs() + session.timeout }]
  }

  /** Closes them all over a connected client. One that the server does not give back is forgotten: trying again changes nothing. */
  async closeOver(client: OPCUAClient): Promise<void> {
    const left = this.#left.filter(({ goneMs }) => goneMs > this.#nowMs())
    this.#left = []
    for (const { session } of left) {
      try {
        await client.reactivateSession(session)
        await session.close(true)
      } catch {
        // It is gone already, or the server refuses to move it to this connection: then it ends with its time-out.
      }
    }
  }

  #nowMs(): number {
    return this.#context.now().monoMs
  }
}
