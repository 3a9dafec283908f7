/** Puts what SQLite and the file system report into words, and says what may mend it. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from '../domain/errors.ts'

/**
 * `wait`: the same connection may try again;
 * `reopen`: after a disk error nobody knows what is on the disk, so the file is opened and verified again;
 * `replace`: the file is damaged and must be set aside;
 * `unknown`: nobody has thought of it. The file is opened and verified again, which finds damage by whatever name it comes.
 */
type Remedy = 'wait' | 'reopen' | 'replace' | 'unknown'

/** A file in SQLite, as messages name it. */
export interface StoreFile {
  /** What it is to the gateway, in one word: `buffer`. Codes of faults begin with it. */
  readonly name: string
  readonly file: string
  /** The folder around it that is never made, such as the data folder; default: the one that the file is in. */
  readonly upper?: string
}

const DAMAGED = 'DAMAGED'
/** Behind the name of the file: a fault that nobody has thought of. */
const UNKNOWN = 'fault'

/** The file does not hold what was written to it. */
export class Damage extends Error {
  override readonly name = 'Damage'
}

/** A family of faults. */
interface Fault {
  /** How the codes that SQLite and the file system give begin. */
  readonly reported: RegExp
  /** Ours, behind the name of the file: `disk-full` becomes `buffer-disk-full`. */
  readonly code: string
  readonly remedy: Remedy
  readonly what: string
  readonly hint: string
}

/** SHMSIZE: the index of the write-ahead log, a file beside it, could not be made longer. */
const DISK_FULL: Fault = {
  reported: /^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)/,
  code: 'disk-full',
  remedy: 'wait',
  what: 'the disk is full',
  hint: 'free some space',
}

const FAULTS: readonly Fault[] = [
  DISK_FULL,
  {
    reported:
      /^(SQLITE_NOMEM|SQLITE_IOERR_NOMEM|ENOMEM|EAGAIN|EMFILE|ENFILE|ENOLCK|SQLITE_PROTOCOL|SQLITE_INTERRUPT)/,
    code: 'system',
    remedy: 'reopen',
    what: 'the computer lacks memory, open files or locks for it',
    hint: 'see what uses them up, and raise the limits of the gateway',
  },
  {
    reported: /^(SQLITE_BUSY|SQLITE_LOCKED)/,
    code: 'locked',
    remedy: 'wait',
    what: 'another program holds it locked',
    hint: 'end the other program',
  },
  {
    reported: /^(SQLITE_CORRUPT|SQLITE_NOTADB|DAMAGED)/,
    code: 'damaged',
    remedy: 'replace',
    what: 'it is damaged',
    hint: 'the gateway sets it aside and begins a new one, at its next start at the latest',
  },
  {
    reported: /^(SQLITE_READONLY|EROFS)/,
    code: 'read-only',
    remedy: 'reopen',
    what: 'it cannot be written to',
    hint: 'check whether the file system became read-only',
  },
  {
    reported: /^(SQLITE_CANTOPEN|SQLITE_PERM|SQLITE_AUTH|EACCES|EPERM|ENOENT|ENOTDIR|EEXIST|EISDIR|ELOOP)/,
    code: 'cannot-open',
    remedy: 'reopen',
    what: 'it cannot be opened',
    hint: 'check that its folder exists and belongs to the gateway, and run this as the user that the gateway runs as',
  },
  {
    reported: /^(SQLITE_IOERR|EIO|ESTALE|EFBIG|ENXIO|ENODEV)/,
    code: 'disk-error',
    remedy: 'reopen',
    what: 'the disk reports an error',
    hint: 'check the disk and replace it if this goes on',
  },
]

/** Whether the disk is full. */
export function isDiskFull(error: unknown): boolean {
  return DISK_FULL.reported.test(reportedCode(error))
}

/** What to do about a failure of the store. */
export function remedyOf(error: unknown): Remedy {
  if (error instanceof StoreError) return 'wait'
  return faultOf(error)?.remedy ?? 'unknown'
}

/**
 * Reads something that was stored. A damaged file makes readers fail in more ways than SQLite calls damage: a table is missing, a
 * number is a text. Whatever is not the fault of the disk or the system is taken for damage; what a call of the system reports is
 * never, by whatever name.
 * @throws Damage
 */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw remedyOf(error) === 'unknown' && !isOfSystem(error) ? new Damage(String(error)) : error
  }
}

/** The failure as the rest of the gateway sees it; one that is already in words passes unchanged. */
export function storeFault({ name, file, upper = dirname(file) }: StoreFile, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const fault = faultOf(error)
  const detail = error instanceof Error ? error.message : String(error)
  if (!fault) {
    return new StoreError(`${name}-${UNKNOWN}`, `${name} ${file}: ${detail}`, {
      retryable: true,
      cause: error,
    })
  }
  const code = reportedCode(error)
  const reported = detail.startsWith(`${code}: `) ? detail : `${code}: ${detail}`
  const message = `${name} ${file}: ${fault.what} (${reported})`
  const hint = code === 'ENOENT' && !existsSync(upper) ? folderGone(upper) : fault.hint
  return new StoreError(`${name}-${fault.code}`, message, { retryable: true, hint, cause: error })
}

function folderGone(folder: string): string {
  return `put ${folder} back as it was; if it is gone for good, start the gateway again; it is tried again by itself`
}

/** Whether a failure, put into words by {@link storeFault}, is one that nobody has thought of. */
export function isUnknownFault({ code }: StoreError): boolean {
  return code.endsWith(`-${UNKNOWN}`)
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function faultOf(error: unknown): Fault | undefined {
  const code = reportedCode(error)
  return FAULTS.find(({ reported }) => reported.test(code))
}

/** What SQLite or the file system calls it; empty for anything else. */
function reportedCode(error: unknown): string {
  if (error instanceof Damage) return DAMAGED
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return ''
}
