/** Badges as hashes. Whoever reads the gateway's disk must not be able to print badges from it. */
import { createHmac, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number }, Buffer>(scrypt)

/**
 * 16 MiB and some 50 ms of a desktop's core for each guess. A number of four digits can be found all the same: what the hash
 * protects is the disk that was thrown away, and badges with more in them.
 */
const COST = { N: 2 ** 14, r: 8, p: 1 }
const HASH_BYTES = 32
/** So many hashes are known without being worked out again; then the one that nobody asked for the longest is forgotten. */
const KNOWN_MAX = 20_000

/** Works out hashes, and remembers those of this run of the program under a key that is never stored. */
export class BadgeHasher {
  readonly salt: Uint8Array
  readonly #key = randomBytes(HASH_BYTES)
  readonly #known = new Map<string, string>()

  constructor(salt: Uint8Array) {
    this.salt = salt
  }

  /** @returns in hex */
  async hash(employeeCode: string): Promise<string> {
    const mark = createHmac('sha256', this.#key).update(employeeCode).digest('base64')
    const known = this.#known.get(mark)
    if (known !== undefined) {
      // Badges of users are asked for at each reading, and are not to be pushed out by badges that nobody has.
      this.#known.delete(mark)
      this.#known.set(mark, known)
      return known
    }
    const hash = (await derive(employeeCode, this.salt, HASH_BYTES, COST)).toString('hex')
    for (const [oldest] of this.#known) {
      if (this.#known.size < KNOWN_MAX) break
      this.#known.delete(oldest)
    }
    this.#known.set(mark, hash)
    return hash
  }
}
