/**
 * Sessions that are still open in a server, because their connection broke before they could be closed. A PLC has few of
 * them and keeps each until its time-out, so they are closed over the next connection that can be made.
 */
import type { ClientSession, OPCUAClient } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import { publishEngineOf } from '../library.ts'

/**
 * How long the server keeps session and subscription while the link is down. A repair ends sooner, and PLCs have so few
 * sessions that none should be kept for longer.
 */
export const SESSION_TIMEOUT_MS = 60_000

interface LeftSession {
  readonly session: ClientSession
  /** By the monotonic clock: when the server ends it by itself. */
  readonly goneMs: number
}

/** Keeps those that were opened in one server, with one security and one user. */
export class LeftSessions {
  readonly #context: Pick<DriverContext, 'now'>
  #left: readonly LeftSession[] = []
  /** Until then a session may be open in the server that nobody here can close. */
  #mayBeOpenUntilMs: number

  /** To be made before the first connection: before the gateway's start it may have been killed, with a session open. */
  constructor(context: Pick<DriverContext, 'now'>) {
    this.#context = context
    this.#mayBeOpenUntilMs = this.#nowMs() + SESSION_TIMEOUT_MS
  }

  /** For how much longer a session of ours may be open in the server; 0 for none. */
  get mayBeOpenMs(): number {
    return Math.max(0, this.#mayBeOpenUntilMs - this.#nowMs())
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
    for (const { session, goneMs } of left) {
      try {
        await client.reactivateSession(session)
        await session.close(true)
      } catch {
        // It is gone already, or the server refuses to move it to this connection: then it ends with its time-out.
        this.#mayBeOpenUntilMs = Math.max(this.#mayBeOpenUntilMs, goneMs)
      }
    }
  }

  #nowMs(): number {
    return this.#context.now().monoMs
  }
}
