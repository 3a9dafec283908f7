/** The Ed25519 keys that bundles are signed and proven with, in PEM as other programs read them too. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readPlainFile } from '../../runtime/plain-file.ts'
import type { Secret } from '../../runtime/secret.ts'
import { systemFault } from '../../runtime/system-fault.ts'
import { ReleaseUnreachable } from '../release-error.ts'
import { sha256 } from './manifest.ts'

const PEM_BYTES_MAX = 65_536
const KIND = 'ed25519'

interface KeyTexts {
  readonly privateKey: string
  readonly publicKey: string
}

/** A new pair, as texts. @param passphrase without it the private key lies open in its file */
export function makeBundleKeys(passphrase: Secret | undefined): KeyTexts {
  const { privateKey, publicKey } = generateKeyPairSync(KIND)
  const locked = passphrase && { cipher: 'aes-256-cbc', passphrase: passphrase.reveal() }
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem', ...locked }) as string,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  }
}

/** @throws ReleaseUnreachable where the file holds no Ed25519 public key */
export function readPublicKey(file: string): KeyObject {
  return keyIn(file, 'public', (text) => createPublicKey(text))
}

/** Whether a key needs a passphrase. */
export function isLocked(file: string): boolean {
  return textIn(file).includes('ENCRYPTED')
}

/** @throws ReleaseUnreachable where the file holds no Ed25519 private key, or another passphrase opens it */
export function readPrivateKey(file: string, passphrase: Secret | undefined): KeyObject {
  return keyIn(file, 'private', (key) => createPrivateKey({ key, passphrase: passphrase?.reveal() }))
}

/** Names a public key: numbers are compared among the bundles of one key. */
export function keyName(key: KeyObject): string {
  return sha256(key.export({ type: 'spki', format: 'der' }))
}

function keyIn(file: string, kind: 'public' | 'private', make: (text: string) => KeyObject): KeyObject {
  const text = textIn(file)
  try {
    const key = make(text)
    if (key.asymmetricKeyType === KIND) return key
  } catch (error) {
    const hint = kind === 'private' ? 'check the file, and its passphrase' : 'millrace bundle key makes one'
    throw new ReleaseUnreachable(`${file} holds no ${kind} key that can be used`, hint, error)
  }
  throw new ReleaseUnreachable(
    `${file} holds a key of another kind`,
    'millrace bundle key makes an Ed25519 key',
  )
}

function textIn(file: string): string {
  try {
    return Buffer.from(readPlainFile(file, PEM_BYTES_MAX)).toString('utf8')
  } catch (error) {
    const why = systemFault(error)?.what ?? 'it cannot be read'
    throw new ReleaseUnreachable(`${file}: ${why}`, 'check the path, and who may read it', error)
  }
}
