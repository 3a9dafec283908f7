/**
 * The file of the gateway's own password, while it is replaced by a new one. The new one lies beside it, durable, before central learns
 * of it: whatever happens in between, one of the two files holds what central takes.
 */
import { existsSync, lchownSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { replaceFile, syncFolder } from '../../../runtime/files.ts'
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
  const next = waitingFile(file)
  replaceFile(next, password.reveal())
  const owner = [file, dataFolder].find((path) => existsSync(path))
  if (owner === undefined) return
  const { uid, gid } = statSync(owner)
  const own = statSync(next)
  if (own.uid !== uid || own.gid !== gid) lchownSync(next, uid, gid)
}

/** The password that an earlier attempt made, and of which nobody knows whether central has taken it. */
export function nextPassword(file: string): Secret | undefined {
  const next = waitingFile(file)
  return existsSync(next) ? new Secret(readFileSync(next, 'utf8')) : undefined
}

/** Central has taken it. */
export function useNextPassword(file: string): void {
  renameSync(waitingFile(file), file)
  syncFolder(dirname(file))
}

/** Central has not taken it. */
export function forgetNextPassword(file: string): void {
  rmSync(waitingFile(file), { force: true })
}
