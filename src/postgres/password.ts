/** The password, as it is at the moment of a login: whoever changes it on the server changes the file as well, and tells nobody. */
import { reasonText } from '../documents/yaml-source.ts'
import { DestinationError } from '../domain/errors.ts'
import { NotReadable, readPlainText } from '../runtime/plain-file.ts'
import { SECRET_BYTES_MAX, withoutLineEnd } from '../runtime/secret.ts'
import type { Peer } from './refusal.ts'
import type { ConnectionSettings } from './settings.ts'

/** @throws DestinationError `wait` where there is none, or its file cannot be read now */
export async function currentPassword(
  { name, where }: Pick<Peer, 'name' | 'where'>,
  { password, passwordFile }: Pick<ConnectionSettings, 'password' | 'passwordFile'>,
): Promise<string> {
  if (password) return password.reveal()
  const missing = (message: string, hint: string, cause?: unknown) =>
    new DestinationError(`${name}-password`, message, { refusal: 'wait', hint, cause })
  if (passwordFile === undefined) {
    throw missing(
      `${name} at ${where} asks for a password, and none is configured`,
      `set ${name}.password_file to a file that holds it`,
    )
  }
  const text = await readPlainText(passwordFile, SECRET_BYTES_MAX).catch((error: unknown) => {
    const reason = error instanceof NotReadable ? error.message : reasonText(error)
    throw missing(
      `the password of ${name} cannot be read from ${passwordFile}: ${reason}`,
      'put a file there that holds nothing but the password, and that the user of the gateway may read',
      error,
    )
  })
  const found = withoutLineEnd(text)
  if (found) return found
  throw missing(
    `${passwordFile} is empty, and should hold the password of ${name}`,
    'write the password into it',
  )
}
