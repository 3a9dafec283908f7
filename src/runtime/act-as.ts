/**
 * Root reads on behalf of another user no more than that user may read. A link, or a name in a file, may lead anywhere; who may read what
 * is there is for the kernel to say, in the moment of reading.
 */
import { lstatSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { linkOfAnother } from './files.ts'

const ROOT = 0

/** A user of the computer, as files name him. */
export interface FileUser {
  readonly uid: number
  readonly gid: number
}

/** What a process can change of who it acts as; missing where the system knows no users. */
type Identity = Partial<
  Pick<NodeJS.Process, 'geteuid' | 'getegid' | 'getgroups' | 'seteuid' | 'setegid' | 'setgroups'>
> & {
  /** Node has it, and its types do not. */
  readonly initgroups?: (user: number, extraGroup: number) => void
}

/**
 * @param self the process
 * @returns makes the process act as a user until that is disposed of; where it is not root's, nothing changes
 */
export function actingAs(self: Identity): (user: FileUser) => Disposable {
  return ({ uid, gid }) => {
    if (self.geteuid?.() !== ROOT || uid === ROOT) return { [Symbol.dispose]: () => {} }
    const before = { gid: self.getegid?.() ?? ROOT, groups: self.getgroups?.() ?? [] }
    takeGroups(self, { uid, gid })
    self.setegid?.(gid)
    self.seteuid?.(uid)
    return {
      [Symbol.dispose]: () => {
        self.seteuid?.(ROOT)
        self.setegid?.(before.gid)
        self.setgroups?.(before.groups)
      },
    }
  }
}

/** Also those by which that user may read keys and ports. A user of a container may have no name, and then no other groups. */
function takeGroups(self: Identity, { uid, gid }: FileUser): void {
  try {
    self.initgroups?.(uid, gid)
  } catch {
    self.setgroups?.([gid])
  }
}

/** Who but root decides what a path leads to: the owner of what is there, of the folder around it, or of a link on the way. */
export function otherUserAt(path: string): FileUser | undefined {
  const above = dirname(path)
  const link = linkOfAnother(above)
  const stats = [statOf(path, lstatSync), statOf(path, statSync), statOf(above, statSync)]
  const found = [...stats, link === undefined ? undefined : statOf(link, lstatSync)]
  const other = found.find((stat) => stat !== undefined && stat.uid !== ROOT)
  return other && { uid: other.uid, gid: other.gid }
}

function statOf(path: string, ask: (path: string) => Stats): Stats | undefined {
  try {
    return ask(path)
  } catch {
    // Nothing is there: then whoever has the folder around it decides.
    return undefined
  }
}
