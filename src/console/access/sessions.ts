/**
 * Who is signed in. In memory only: a restart of the gateway ends all sessions. A session ends by itself where it is not used,
 * and some time after it began; and it ends when its user's role or password changes.
 */
import { randomBytes } from 'node:crypto'
import type { Role } from '../shapes.ts'
import { tokenHash } from './edit-users.ts'
import { nameKey, type UserRecord } from './user-file.ts'

const KEY_BYTES = 32
const HOUR_MS = 3_600_000
/** Who only looks may stay for a month: a screen on the wall has no hands. Who can change something signs in every shift. */
const ENDS: Readonly<Record<Role, { readonly idleMs: number; readonly afterMs: number }>> = {
  view: { idleMs: 7 * 24 * HOUR_MS, afterMs: 30 * 24 * HOUR_MS },
  configure: { idleMs: HOUR_MS, afterMs: 12 * HOUR_MS },
  administer: { idleMs: HOUR_MS, afterMs: 12 * HOUR_MS },
}
const SESSIONS_MAX = 500
const OF_ONE_USER_MAX = 20

interface Session {
  readonly user: string
  /** Of the user when the session began: it ends where they are others now. */
  readonly role: Role
  readonly passwordAt: string
  readonly beganMs: number
  usedMs: number
}

/** The sessions of one gateway, by the hash of what the browser holds. */
export class BrowserSessions {
  readonly #nowMs: () => number
  readonly #sessions = new Map<string, Session>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** @returns what the browser is to hold, and nobody else */
  begin({ name, role, password_at }: UserRecord): string {
    const key = randomBytes(KEY_BYTES).toString('base64url')
    const nowMs = this.#nowMs()
    const session = { user: nameKey(name), role, passwordAt: password_at, beganMs: nowMs, usedMs: nowMs }
    this.#sessions.set(tokenHash(key), session)
    this.#keepFew(session.user)
    return key
  }

  /** The user whose session it is, as they are now; undefined where it has ended. */
  userOf(key: string, users: readonly UserRecord[], isUse = true): UserRecord | undefined {
    const hash = tokenHash(key)
    const session = this.#sessions.get(hash)
    if (!session) return undefined
    const user = users.find(({ name }) => nameKey(name) === session.user)
    if (!user || this.#isOver(session, user)) {
      this.#sessions.delete(hash)
      return undefined
    }
    if (isUse) session.usedMs = this.#nowMs()
    return user
  }

  end(key: string): void {
    this.#sessions.delete(tokenHash(key))
  }

  #isOver({ role, passwordAt, beganMs, usedMs }: Session, user: UserRecord): boolean {
    const nowMs = this.#nowMs()
    const { idleMs, afterMs } = ENDS[role]
    const isAnother = user.role !== role || user.password_at !== passwordAt
    return isAnother || nowMs - usedMs > idleMs || nowMs - beganMs > afterMs
  }

  /** The oldest go. */
  #keepFew(user: string): void {
    const own = [...this.#sessions].filter(([, session]) => session.user === user)
    const over = own.slice(0, Math.max(0, own.length - OF_ONE_USER_MAX))
    for (const [hash] of over) this.#sessions.delete(hash)
    for (const hash of this.#sessions.keys()) {
      if (this.#sessions.size <= SESSIONS_MAX) return
      this.#sessions.delete(hash)
    }
  }
}
