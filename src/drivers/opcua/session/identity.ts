/**
 * As whom a session is opened: nobody, a user with a password, or a user with a certificate. Secrets are read at each connect, and
 * stand in no message.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { UserIdentityInfo } from 'node-opcua-client'
import { LinkLost } from '../../../domain/errors.ts'
import { readPlainText } from '../../../runtime/plain-file.ts'
import { SECRET_BYTES_MAX, withoutLineEnd } from '../../../runtime/secret.ts'
import type { OpcUaLibrary } from '../library.ts'
import type { OpcUaSettings, UserCertificate } from '../settings.ts'

/** @throws LinkLost for a file that cannot be read, or holds something else */
export async function identityOf(
  { user, passwordFile, userCertificate }: OpcUaSettings,
  library: OpcUaLibrary,
): Promise<UserIdentityInfo> {
  if (userCertificate) return certificateIdentity(userCertificate, library)
  if (user === undefined) return { type: library.UserTokenType.Anonymous }
  const type = library.UserTokenType.UserName
  if (passwordFile === undefined) return { type, userName: user, password: '' }
  const password = await readPlainText(passwordFile, SECRET_BYTES_MAX).catch((cause: unknown) => {
    throw new LinkLost(`the password of ${user} cannot be read from ${passwordFile}`, {
      code: 'link-password',
      hint: 'it is a file on the computer of the gateway that holds the password alone and that the gateway may read; one without a folder lies beside the maps',
      cause,
    })
  })
  return { type, userName: user, password: withoutLineEnd(password) }
}

async function certificateIdentity(
  { certificateFile, keyFile }: UserCertificate,
  library: OpcUaLibrary,
): Promise<UserIdentityInfo> {
  const certificate = await certificateIn(certificateFile)
  const key = await keyIn(keyFile)
  if (!certificate.checkPrivateKey(key)) {
    throw unusable(`the key in ${keyFile} is not that of the certificate in ${certificateFile}`)
  }
  return {
    type: library.UserTokenType.Certificate,
    certificateData: certificate.raw,
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

async function certificateIn(file: string): Promise<X509Certificate> {
  try {
    return new X509Certificate(await readPlainText(file, SECRET_BYTES_MAX))
  } catch (cause) {
    throw unusable(
      `the certificate of the user cannot be read from ${file}`,
      'it holds PEM; openssl x509 -inform der makes it of DER',
      cause,
    )
  }
}

/** What goes wrong in a key is not handed on: the words of a library may quote it. */
async function keyIn(file: string): Promise<KeyObject> {
  const text = await readPlainText(file, SECRET_BYTES_MAX).catch((cause: unknown) => {
    throw unusable(
      `the key of the user cannot be read from ${file}`,
      'the gateway has to be able to read it',
      cause,
    )
  })
  try {
    return createPrivateKey(text)
  } catch {
    throw unusable(`the key of the user in ${file} cannot be used`, 'it holds PEM without a passphrase')
  }
}

function unusable(message: string, hint?: string, cause?: unknown): LinkLost {
  return new LinkLost(message, { code: 'link-user-certificate', ...(hint !== undefined && { hint }), cause })
}
