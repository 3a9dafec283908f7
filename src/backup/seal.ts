/** Locks a backup with a passphrase: a key by scrypt, AES-256-GCM around the whole. What was changed or cut short does not open. */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { Secret } from '../runtime/secret.ts'
import { BackupRefused } from './backup-refused.ts'

const MARK = Buffer.from('millrace sealed backup 1\n')
const SALT_BYTES = 16
/** As GCM wants it. */
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** A shorter one, of a file that was cut, proves less. */
const WHOLE_TAG = { authTagLength: TAG_BYTES } as const
const KEY_BYTES = 32
const CIPHER = 'aes-256-gcm'
/** Takes 128 MB and a part of a second: guessing takes as much for each guess (RFC 7914; OWASP asks for 2^17, 8, 1). */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 ** 2 } as const

const derive = promisify<string, Uint8Array, number, typeof COST, Buffer>(scrypt)

/** Whether bytes are a locked backup. */
export function isSealed(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, MARK.byteLength), MARK) === 0
}

export async function seal(plain: Uint8Array, passphrase: Secret): Promise<Uint8Array> {
  const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)]
  const cipher = createCipheriv(CIPHER, await keyOf(passphrase, salt), nonce, WHOLE_TAG)
  cipher.setAAD(MARK)
  const locked = [cipher.update(plain), cipher.final()]
  return Buffer.concat([MARK, salt, nonce, cipher.getAuthTag(), ...locked])
}

/** @throws BackupRefused where the passphrase is another one, or a byte was changed */
export async function unseal(bytes: Uint8Array, passphrase: Secret | undefined): Promise<Uint8Array> {
  if (!passphrase) throw new BackupRefused('the backup is locked', 'its passphrase opens it')
  const parts = cut(bytes.subarray(MARK.byteLength), SALT_BYTES, NONCE_BYTES, TAG_BYTES)
  const [salt, nonce, tag, locked] = parts as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  try {
    const cipher = createDecipheriv(CIPHER, await keyOf(passphrase, salt), nonce, WHOLE_TAG)
    cipher.setAAD(MARK)
    cipher.setAuthTag(tag)
    return Buffer.concat([cipher.update(locked), cipher.final()])
  } catch {
    // Node does not say which of the two it is, and nobody can.
    throw new BackupRefused(
      'the passphrase does not open it, or it is damaged',
      'check both; there is no other way in',
    )
  }
}

function keyOf(passphrase: Secret, salt: Uint8Array): Promise<Buffer> {
  return derive(passphrase.reveal().normalize('NFC'), salt, KEY_BYTES, COST)
}

function cut(bytes: Uint8Array, ...lengths: readonly number[]): readonly Uint8Array[] {
  const [length, ...rest] = lengths
  if (length === undefined) return [bytes]
  return [bytes.subarray(0, length), ...cut(bytes.subarray(length), ...rest)]
}
