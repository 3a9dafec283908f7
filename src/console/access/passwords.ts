/**
 * Hashes of passwords: argon2id with the parameters that OWASP names (19 MiB, 2 passes, 1 lane), as a text that holds them.
 *
 * One is made at a time, few may wait, and between two there is a pause: whoever sends sign-ins without end takes no more than a
 * small part of one core and of the memory from the machines.
 */
import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from '../../runtime/clock.ts'
import { ApiRefusal } from '../refusal.ts'

const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const SALT_BYTES = 16
const HASH_BYTES = 32

const WAITING_MAX = 8
/** How many times as long as a hash took is waited before the next one. */
const PAUSE_FACTOR = 4

const STORED = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/

/** The hash of a new password, as it is stored. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(SALT_BYTES)
  const hash = await hashOf(password, { nonce, memory: MEMORY_KIB, passes: PASSES, parallelism: LANES })
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${unpadded(nonce)}$${unpadded(hash)}`
}

/** Whether a text is one that {@link hashPassword} makes. */
export function isPasswordHash(text: string): boolean {
  return STORED.test(text)
}

/** Compares passwords with hashes, one after the other. */
export class PasswordCheck {
  readonly #clock: Pick<Clock, 'now' | 'sleep'>
  #waiting = 0
  #pauseMs = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(clock: Pick<Clock, 'now' | 'sleep'>) {
    this.#clock = clock
  }

  /**
   * @param stored undefined for a user who does not exist: it takes as long, and is never right
   * @throws ApiRefusal where too many wait already
   */
  isRight(password: string, stored: string | undefined): Promise<boolean> {
    return this.#inTurn(() => isRight(password, stored))
  }

  /** @throws ApiRefusal where too many wait already */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hashPassword(password))
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX) {
      const hint = 'try again in a moment'
      throw new ApiRefusal(503, 'access-busy', 'too many people sign in at once', { hint, retryAfterS: 2 })
    }
    this.#waiting += 1
    const turn = this.#last.then(() => this.#timed(work))
    this.#last = turn.catch(() => undefined).then(() => this.#clock.sleep(this.#pauseMs))
    try {
      return await turn
    } finally {
      this.#waiting -= 1
    }
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const beganMs = this.#clock.now().monoMs
    try {
      return await work()
    } finally {
      this.#pauseMs = (this.#clock.now().monoMs - beganMs) * PAUSE_FACTOR
    }
  }
}

async function isRight(password: string, stored: string | undefined): Promise<boolean> {
  const [, memory, passes, parallelism, salt = '', hash = ''] = STORED.exec(stored ?? '') ?? []
  const nonce = stored === undefined ? Buffer.alloc(SALT_BYTES) : Buffer.from(salt, 'base64')
  const made = await hashOf(password, {
    nonce,
    memory: Number(memory ?? MEMORY_KIB),
    passes: Number(passes ?? PASSES),
    parallelism: Number(parallelism ?? LANES),
  })
  const wanted = Buffer.from(hash, 'base64')
  return made.length === wanted.length && timingSafeEqual(made, wanted)
}

function hashOf(
  password: string,
  parameters: Pick<Argon2Parameters, 'nonce' | 'memory' | 'passes' | 'parallelism'>,
): Promise<Buffer> {
  // A letter with an accent may come as one character or as two, by the keyboard.
  const message = password.normalize('NFC')
  return promisify(argon2)('argon2id', { ...parameters, message, tagLength: HASH_BYTES })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
