/**
 * Who may use the console, and the tokens of scripts: a file in the data folder. The daemon and `millrace users` both write it, each
 * time as a whole; there are hashes in it, and no password or token.
 */
import { mkdirSync } from 'node:fs'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { GatewayError } from '../../domain/errors.ts'
import { giveToNeighbours, makeFolderBelow, replaceFileSync, syncFolder } from '../../runtime/files.ts'
import { InTurn } from '../../runtime/in-turn.ts'
import { readPlainFile } from '../../runtime/plain-file.ts'
import { systemFault } from '../../runtime/system-fault.ts'
import { LANGUAGES, ROLES } from '../shapes.ts'
import { isPasswordHash } from './passwords.ts'

/** In the data folder: what the console keeps. */
export const CONSOLE_FOLDER = 'console'
const FILE = 'users.json'
const BYTES_MAX = 1_000_000

const role = z.enum(ROLES)
const userSchema = z.strictObject({
  name: z.string(),
  role,
  password_hash: z.string().refine(isPasswordHash),
  language: z.enum(LANGUAGES).nullable(),
  created_at: z.string(),
  /** When the password was set. */
  password_at: z.string(),
})
const tokenSchema = z.strictObject({ name: z.string(), role, sha256: z.string(), created_at: z.string() })
const fileSchema = z.strictObject({
  version: z.literal(1),
  users: z.array(userSchema),
  tokens: z.array(tokenSchema),
})

/** One user, as stored. */
export type UserRecord = z.output<typeof userSchema>
/** The token of one script, as stored. */
export type TokenRecord = z.output<typeof tokenSchema>

/** Everybody who may use the console. */
export interface UserList {
  readonly users: readonly UserRecord[]
  readonly tokens: readonly TokenRecord[]
}

const NOBODY: UserList = { users: [], tokens: [] }

/** The file is there, and cannot be used: then nobody is let in. */
export class UserFileFault extends GatewayError {
  override readonly name = 'UserFileFault'
  readonly retryable = true
}

/** Names are the same whatever their case. */
export function isSameName(a: string, b: string): boolean {
  return nameKey(a) === nameKey(b)
}

/** A name as it is compared. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/**
 * Changes the list at once, so that hardly any other change can come between reading and writing. For commands, which may wait.
 * @param change gives the new list. Whatever it throws leaves the file as it is.
 * @throws UserFileFault
 */
export function changeUsers(dataFolder: string, change: (list: UserList) => UserList): UserList {
  const file = pathOf(dataFolder)
  const list = change(parse(file, readNow(file)))
  try {
    const folder = join(dataFolder, CONSOLE_FOLDER)
    if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) giveToNeighbours(folder)
    replaceFileSync(file, textOf(list))
  } catch (error) {
    throw unusable(file, 'cannot be written', error)
  }
  return list
}

/** @throws UserFileFault */
export function listUsers(dataFolder: string): UserList {
  const file = pathOf(dataFolder)
  return parse(file, readNow(file))
}

/** The file as the daemon reads and changes it: one step after the other, and never with this thread waiting for the disk. */
export class FollowedUserFile {
  readonly #file: string
  #stamp = ''
  readonly #steps = new InTurn()

  constructor(dataFolder: string) {
    this.#file = pathOf(dataFolder)
  }

  /** The list where it has changed since the last call. @throws UserFileFault */
  changed(): Promise<UserList | undefined> {
    return this.#steps.do(async () => {
      const known = this.#stamp
      // As long as nothing can be read, nothing is known: the same file is read again once it can be.
      this.#stamp = ''
      const stamp = await stampOf(this.#file)
      const list = stamp === known ? undefined : await this.#read(stamp)
      this.#stamp = stamp
      return list
    })
  }

  /**
   * @param change gives the new list, perhaps more than once: where `millrace users` was quicker. Whatever it throws leaves the file as it is.
   * @throws UserFileFault
   */
  change(change: (list: UserList) => UserList): Promise<UserList> {
    return this.#steps.do(async () => {
      for (;;) {
        const stamp = await stampOf(this.#file)
        const list = change(await this.#read(stamp))
        const isStill = async () => (await stampOf(this.#file)) === stamp
        if (await writeUnlessChanged(this.#file, list, isStill)) return list
      }
    })
  }

  async #read(stamp: string): Promise<UserList> {
    if (stamp === ABSENT) return NOBODY
    return parse(this.#file, await readFile(this.#file, 'utf8').catch((error: Error) => error))
  }
}

/** @returns whether it was written: not where somebody else has been quicker. @throws UserFileFault */
async function writeUnlessChanged(
  file: string,
  list: UserList,
  isStill: () => Promise<boolean>,
): Promise<boolean> {
  // Another name than that of the command, which may write at the same moment.
  const beside = `${file}.new`
  try {
    const folder = dirname(file)
    await makeFolderBelow(dirname(folder), folder)
    await using handle = await open(beside, 'w', 0o600)
    await handle.writeFile(textOf(list))
    await handle.sync()
    if (!(await isStill())) return false
    await rename(beside, file)
    await syncFolder(dirname(file))
    return true
  } catch (error) {
    throw unusable(file, 'cannot be written', error)
  }
}

function textOf(list: UserList): string {
  return `${JSON.stringify({ version: 1, ...list }, undefined, 2)}\n`
}

const ABSENT = 'absent'

async function stampOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file)
    return [ino, size, mtimeMs, ctimeMs].join()
  } catch (error) {
    if (isAbsence(error)) return ABSENT
    throw unusable(file, 'cannot be read', error)
  }
}

function readNow(file: string): string | undefined | Error {
  try {
    return Buffer.from(readPlainFile(file, BYTES_MAX)).toString('utf8')
  } catch (error) {
    return isAbsence(error) ? undefined : (error as Error)
  }
}

function parse(file: string, text: string | undefined | Error): UserList {
  if (text === undefined) return NOBODY
  if (text instanceof Error) throw unusable(file, 'cannot be read', text)
  try {
    const { users, tokens } = fileSchema.parse(JSON.parse(text))
    return { users, tokens }
  } catch (cause) {
    const hint = `put a copy from a backup there, or remove ${file} and make the users again`
    throw new UserFileFault('console-users', `the users of the console cannot be read: ${file} is damaged`, {
      cause,
      hint,
    })
  }
}

function unusable(file: string, what: string, cause: unknown): UserFileFault {
  const why = systemFault(cause)?.what ?? (cause instanceof Error ? cause.message : String(cause))
  const hint =
    'run this as the user that the gateway runs as, and check the rights of the file and its folder'
  return new UserFileFault('console-users', `${file} ${what}: ${why}`, { cause, hint })
}

function isAbsence(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

function pathOf(dataFolder: string): string {
  return join(dataFolder, CONSOLE_FOLDER, FILE)
}
