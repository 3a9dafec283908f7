/**
 * The file of the gateway's own password, while it is replaced by a new one. The new one lies beside it, durable, before central learns
 * of it: whatever happens in between, one of the two files holds what central takes.
 */
import { existsSync, lchownSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { replaceFileSync, syncFolderSync } from '../../../runtime/files.ts'
import { Secret } from '../../../runtime/secret.ts'

/** Where the next password waits until central has taken it. */
function waitingFile(file: string): string {
  return `${file}.next`
}

/**
 * Only its owner may read it: that of the file that it replaces, or of the data folder, so that root can enrol for the gateway's user.
 * @throws what the file system says
 */
export function writeNextPassword(file: string, password: Secret, dataFolder: string): void {
  writePassword(waitingFile(file), password, [file, dataFolder])
}

/**
 * Central has said that it has taken it: a gateway that runs needs it at its next connection. It goes on waiting beside the file as well
 * until a login has proven it, so that whoever calls again has it proven in place of another one made.
 * @throws what the file system says
 */
export function putNextPassword(file: string, password: Secret, dataFolder: string): void {
  writePassword(file, password, [file, dataFolder])
}

function writePassword(path: string, password: Secret, owners: readonly string[]): void {
  const owner = owners.find((one) => existsSync(one))
  const of = owner === undefined ? undefined : statSync(owner)
  replaceFileSync(path, password.reveal())
  const own = statSync(path)
  if (of && (own.uid !== of.uid || own.gid !== of.gid)) lchownSync(path, of.uid, of.gid)
}

/** The password that an earlier attempt made, and of which nobody knows whether central has taken it. */
export function nextPassword(file: string): Secret | undefined {
  const next = waitingFile(file)
  return existsSync(next) ? new Secret(readFileSync(next, 'utf8')) : undefined
}

/** Central has taken it. */
export function useNextPassword(file: string): void {
  renameSync(waitingFile(file), file)
  syncFolderSync(dirname(file))
}

/** Central has not taken it, or it is proven where it is. */
export function forgetNextPassword(file: string): void {
  rmSync(waitingFile(file), { force: true })
}
