/** What the operating system refuses, in words: foreseen wherever files and sockets are used, and never a mistake in this program. */
import { dirname } from 'node:path'

/** What it refuses, and what to do about it. */
export interface SystemFault {
  readonly what: string
  readonly hint: string
}

const DENIED: SystemFault = {
  what: 'permission denied',
  hint: 'run this as the user that the gateway runs as',
}
const DISK_FULL: SystemFault = { what: 'the disk is full', hint: 'free some space' }
const TOO_MANY_FILES: SystemFault = {
  what: 'too many files are open',
  hint: 'raise the limit (ulimit -n, or LimitNOFILE in systemd) and look what holds them: ls -l /proc/PID/fd',
}
const NO_FOLDER: SystemFault = {
  what: 'there is no such file or folder',
  hint: 'check the path in the configuration',
}
const NO_NAME: SystemFault = { what: 'its name cannot be resolved', hint: 'check the name, and the DNS' }
const NO_MEMORY: SystemFault = { what: 'there is no memory left', hint: 'look what uses it up' }

/** By the codes that Node gives. */
const FAULTS: Readonly<Record<string, SystemFault>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: {
    what: 'the file system is read-only',
    hint: 'check whether it became so after an error of the disk (dmesg), and mount it for writing',
  },
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  ENOMEM: NO_MEMORY,
  ENOENT: NO_FOLDER,
  ENOTDIR: NO_FOLDER,
  EEXIST: { what: 'something else has that name', hint: 'move it away, or choose another path' },
  EISDIR: { what: 'it is a folder', hint: 'name a file' },
  ELOOP: { what: 'its links lead in a circle', hint: 'correct the links' },
  ENAMETOOLONG: { what: 'its name is too long', hint: 'give it a shorter one' },
  EIO: { what: 'the disk reports an error', hint: 'check the disk and replace it if this goes on' },
  EADDRINUSE: {
    what: 'its port is taken by another program',
    hint: 'end that program (ss -ltnp names it), or choose another port',
  },
  ENOTFOUND: NO_NAME,
  EAI_AGAIN: NO_NAME,
  EADDRNOTAVAIL: { what: 'this computer has no such address', hint: 'check the host in the configuration' },
}

/** Undefined for whatever is no refusal of the system, or one that nobody foresaw. */
export function systemFault(error: unknown): SystemFault | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  return Object.hasOwn(FAULTS, String(error.code)) ? FAULTS[String(error.code)] : undefined
}

/** What helps against these is said of them: rights to a folder would not. */
const NO_MATTER_OF_RIGHTS = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENAMETOOLONG',
])

/** Why something could not be kept in a folder of the gateway's own, and what to do about it. It is tried again by itself. @param upper the data folder */
export function keepingFault(error: unknown, folder: string, upper = dirname(folder)): SystemFault {
  const fault = systemFault(error)
  const code = fault && String((error as NodeJS.ErrnoException).code)
  const what = fault?.what ?? (error instanceof Error ? error.message : String(error))
  let hint = `make ${folder} a folder into which the gateway can write`
  if (code === 'ENOENT') hint = `put ${upper} back as it was; if it is gone for good, start the gateway again`
  if (code !== undefined && NO_MATTER_OF_RIGHTS.has(code)) hint = `${fault?.hint} (it is about ${folder})`
  return { what, hint: `${hint}; it is tried again by itself` }
}

/** There is nothing of that kind: no such name, or something else has it. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/**
 * Whether a file may be there and whole though the system did not let it be read: a disk that reports errors, no descriptor left, no rights.
 * Nothing must be written over it then.
 */
export function isOnlyUnread(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error && !ABSENT.has(String(error.code))
}
