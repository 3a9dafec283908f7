/**
 * Verifiers of SCRAM-SHA-256 (RFC 5802, RFC 7677), as PostgreSQL keeps them: a server can judge a password by one, and cannot know
 * the password from it. Whoever sets a password by its verifier shows the password to no server and no log.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

const HASH = 'sha256'
const KEY_BYTES = 32
const SALT_BYTES = 16
/** PostgreSQL's own default. The secrets here have over 90 bits of chance: more rounds would add nothing. */
const ROUNDS = 4_096

/** @param password plain ASCII, so that no form of Unicode has to be chosen */
export function scramVerifier(password: string): string {
  const salt = randomBytes(SALT_BYTES)
  const salted = pbkdf2Sync(password, salt, ROUNDS, KEY_BYTES, HASH)
  const keyed = (what: string) => createHmac(HASH, salted).update(what).digest()
  const storedKey = createHash(HASH).update(keyed('Client Key')).digest('base64')
  const serverKey = keyed('Server Key').toString('base64')
  return `SCRAM-SHA-256$${ROUNDS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
