/** Reads what proves to a server who asks, at the moment at which it is needed. */
import { readPlainFile } from '../runtime/plain-file.ts'
import { SECRET_BYTES_MAX, Secret, withoutLineEnd } from '../runtime/secret.ts'
import { systemFault } from '../runtime/system-fault.ts'
import { ReleaseUnreachable } from './release-error.ts'
import type { LoginSecret } from './settings.ts'

/** Undefined where there is none. @throws ReleaseUnreachable where its file cannot be read, or holds several lines */
export function readSecret({ secret, secretFile }: LoginSecret): Secret | undefined {
  if (secret || secretFile === undefined) return secret
  try {
    const text = withoutLineEnd(Buffer.from(readPlainFile(secretFile, SECRET_BYTES_MAX)).toString('utf8'))
    if (/^[^\r\n]+$/.test(text)) return new Secret(text)
  } catch (error) {
    const why = systemFault(error)?.what ?? 'it cannot be read'
    throw new ReleaseUnreachable(
      `${secretFile}: ${why}`,
      'create it, or let the user of the gateway read it',
      error,
    )
  }
  throw new ReleaseUnreachable(
    `${secretFile} holds no password of one line`,
    'put it there, and nothing else',
  )
}
