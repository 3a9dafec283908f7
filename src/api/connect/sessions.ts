/** What goes on between calls: bounded in number, ended when nobody looks any more, and when the gateway stops. */
import { randomUUID } from 'node:crypto'
import { ApiRefusal } from '../../console/refusal.ts'
import type { Clock } from '../../runtime/clock.ts'

interface SessionLimits {
  /** As people call it. */
  readonly what: string
  readonly max: number
  /** Without a call for so long, it ends. */
  readonly idleMs: number
  /** However busy it is. */
  readonly lastsMaxMs: number
}

interface Session<T> {
  readonly id: string
  readonly who: string
  /** A caller has one session of each key: a new one ends the former. */
  readonly key: string
  readonly value: T
  readonly ended: AbortController
  readonly beganMs: number
  usedMs: number
  /** Streams that somebody looks at. */
  watchers: number
}

const LOOK_EVERY_MS = 5_000

export class OpenSessions<T> {
  readonly #limits: SessionLimits
  readonly #clock: Clock
  readonly #stopping: AbortSignal
  readonly #open = new Map<string, Session<T>>()

  constructor(limits: SessionLimits, clock: Clock, stopping: AbortSignal) {
    this.#limits = limits
    this.#clock = clock
    this.#stopping = stopping
  }

  /** @param begin gets the signal that ends it. @throws ApiRefusal where there are too many */
  open(
    who: string,
    key: string,
    begin: (signal: AbortSignal) => T,
  ): { readonly id: string; readonly value: T } {
    for (const session of this.#open.values())
      if (session.who === who && session.key === key) this.#end(session)
    const { what, max } = this.#limits
    if (this.#open.size >= max) {
      const hint = 'end one of them, or wait until one has ended by itself'
      throw new ApiRefusal(503, 'connect-sessions', `${max} ${what} are open already`, {
        hint,
        retryAfterS: 30,
      })
    }
    const ended = new AbortController()
    const value = begin(AbortSignal.any([this.#stopping, ended.signal]))
    const now = this.#nowMs()
    const session = { id: randomUUID(), who, key, value, ended, beganMs: now, usedMs: now, watchers: 0 }
    this.#open.set(session.id, session)
    this.#look(session)
    return session
  }

  /** @throws ApiRefusal where it has ended, or is another caller's */
  find(id: string, who: string): T {
    return this.#found(id, who).value
  }

  /** Until disposed it does not end because nobody looks. */
  watch(id: string, who: string): { readonly value: T; readonly ended: AbortSignal } & Disposable {
    const session = this.#found(id, who)
    session.watchers += 1
    return {
      value: session.value,
      ended: session.ended.signal,
      [Symbol.dispose]: () => {
        session.watchers -= 1
        session.usedMs = this.#nowMs()
      },
    }
  }

  /** @returns whether it was open */
  end(id: string, who: string): boolean {
    const session = this.#open.get(id)
    if (!session || session.who !== who) return false
    this.#end(session)
    return true
  }

  #found(id: string, who: string): Session<T> {
    const session = this.#open.get(id)
    if (!session || session.who !== who)
      throw new ApiRefusal(404, 'connect-session', `these ${this.#limits.what} have ended`, {
        hint: 'begin again',
      })
    session.usedMs = this.#nowMs()
    return session
  }

  #look(session: Session<T>): void {
    const cancel = this.#clock.after(LOOK_EVERY_MS, () => {
      const now = this.#nowMs()
      const isIdle = session.watchers === 0 && now - session.usedMs > this.#limits.idleMs
      const isOld = now - session.beganMs > this.#limits.lastsMaxMs
      if (isIdle || isOld || this.#stopping.aborted) this.#end(session)
      else if (!session.ended.signal.aborted) this.#look(session)
    })
    session.ended.signal.addEventListener('abort', cancel, { once: true })
    this.#stopping.addEventListener('abort', cancel, { once: true })
  }

  #end(session: Session<T>): void {
    this.#open.delete(session.id)
    session.ended.abort()
  }

  #nowMs(): number {
    return this.#clock.now().monoMs
  }
}
