/**
 * Waits after sign-ins that failed, which grow with each. They count by user and by address, so that neither one user's password
 * nor everybody's can be guessed.
 *
 * Nobody is shut out for good. Who has signed in from an address before is held up there only by what is tried under the same name, and
 * at the gateway's own computer the waits are short: an administrator of a plant gets in.
 */
import { isIPv6 } from 'node:net'
import { ApiRefusal } from '../refusal.ts'

const FREE_TRIES = 4
const FIRST_WAIT_MS = 1_000
const USER_WAIT_MAX_MS = 60_000
const OWN_COMPUTER_WAIT_MAX_MS = 15_000
const ADDRESS_WAIT_MAX_MS = 15 * 60_000
/** What failed longer ago is forgotten. */
const FORGOTTEN_AFTER_MS = 60 * 60_000
const RECORDS_MAX = 5_000
const KNOWN_MAX = 1_000
/** Of an address of IPv6. */
const GROUPS = 8

interface FailureRecord {
  readonly failures: number
  readonly lastMs: number
  readonly waitMaxMs: number
}

/** Who tries to sign in. */
interface Attempt {
  /** As names are compared; whether there is such a user makes no difference. */
  readonly user: string
  readonly address: string
  readonly isHere: boolean
}

/** Counts in memory only: a restart of the gateway forgets it. */
export class LockOut {
  /** Ms of a clock that nobody sets. */
  readonly #nowMs: () => number
  readonly #records = new Map<string, FailureRecord>()
  /** Users together with the addresses from which they have signed in. */
  readonly #known = new Set<string>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /**
   * Counts the attempt as failed before its password is looked at, so that many at once are held up like many in turn.
   * @throws ApiRefusal that says how long to wait
   */
  begin(attempt: Attempt): void {
    const keys = this.#keysOf(attempt)
    const waitMs = Math.max(...keys.map(({ key }) => this.#waitMs(key)))
    if (waitMs > 0) throw heldUp(waitMs)
    for (const { key, waitMaxMs } of keys) this.#count(key, waitMaxMs)
  }

  /** The password was right. */
  succeeded(attempt: Attempt): void {
    for (const { key } of this.#keysOf(attempt)) this.#records.delete(key)
    remember(this.#known, knownKey(attempt), KNOWN_MAX)
  }

  /** How long a user is held up at an address that is not known, in ms; 0 if not at all. */
  waitMsOf(user: string): number {
    return this.#waitMs(`user ${user}`)
  }

  #keysOf(attempt: Attempt) {
    const { user, address, isHere } = attempt
    const waitMaxMs = isHere ? OWN_COMPUTER_WAIT_MAX_MS : ADDRESS_WAIT_MAX_MS
    const userWaitMaxMs = isHere ? OWN_COMPUTER_WAIT_MAX_MS : USER_WAIT_MAX_MS
    const ofUserThere = { key: `user ${user} at ${network(address)}`, waitMaxMs: userWaitMaxMs }
    // A user who has been in has a count of their own: behind a proxy, everybody else comes from the same address.
    if (this.#known.has(knownKey(attempt))) return [ofUserThere]
    const ofAddress = { key: `address ${network(address)}`, waitMaxMs }
    return [ofAddress, isHere ? ofUserThere : { key: `user ${user}`, waitMaxMs: userWaitMaxMs }]
  }

  #waitMs(key: string): number {
    const record = this.#records.get(key)
    if (!record || record.failures < FREE_TRIES) return 0
    const wholeMs = Math.min(FIRST_WAIT_MS * 2 ** (record.failures - FREE_TRIES), record.waitMaxMs)
    return Math.max(0, record.lastMs + wholeMs - this.#nowMs())
  }

  #count(key: string, waitMaxMs: number): void {
    const nowMs = this.#nowMs()
    const before = this.#records.get(key)
    const isRecent = before !== undefined && nowMs - before.lastMs < FORGOTTEN_AFTER_MS
    this.#records.delete(key)
    this.#records.set(key, { failures: (isRecent ? before.failures : 0) + 1, lastMs: nowMs, waitMaxMs })
    for (const oldest of this.#records.keys()) {
      if (this.#records.size <= RECORDS_MAX) return
      this.#records.delete(oldest)
    }
  }
}

function heldUp(waitMs: number): ApiRefusal {
  const seconds = Math.ceil(waitMs / 1_000)
  return new ApiRefusal(429, 'access-wait', `too many sign-ins have failed: wait ${seconds} s`, {
    hint: '"millrace users password NAME" at the gateway sets a new password',
    retryAfterS: seconds,
  })
}

function knownKey({ user, address }: Attempt): string {
  return `${user} at ${network(address)}`
}

/** Of IPv6 the first 64 bits: whoever has one address has all of its network. */
function network(address: string): string {
  return isIPv6(address) ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address
}

/** All eight groups, also those that `::` stands for. */
function groupsOf(address: string): readonly string[] {
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter(Boolean))
  const left = Math.max(0, GROUPS - head.length - tail.length)
  return [...head, ...Array.from({ length: left }, () => '0'), ...tail]
}

function remember(known: Set<string>, key: string, most: number): void {
  known.delete(key)
  known.add(key)
  const [oldest] = known
  if (known.size > most && oldest !== undefined) known.delete(oldest)
}
