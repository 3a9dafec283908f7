/**
 * A checkout that somebody else keeps up to date on this computer. Only its files are read, and git is never run in it: the configuration
 * of a repository can name programs to run. What counts is the commit that is checked out, and never the files beside it,
 * which may be half way to the next one.
 */
import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemFault } from '../../runtime/system-fault.ts'
import { ReleaseUnreachable } from '../release-error.ts'

interface Checkout {
  /** The commit that is checked out. */
  readonly commit: string
  /** Where its objects are. */
  readonly objects: string
  /** Hands on where its history is cut. */
  copyShallow(repository: string): void
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/
const REF = /^refs\/heads\/(?!.*\.\.)[^\s~^:?*[\\]+$/

/** @throws ReleaseUnreachable where nothing is checked out there */
export function readCheckout(path: string): Checkout {
  try {
    const own = gitFolderOf(path)
    const shared = existsSync(join(own, 'commondir')) ? resolve(own, lineIn(join(own, 'commondir'))) : own
    const shallow = join(shared, 'shallow')
    return {
      commit: headOf(own, shared),
      objects: join(shared, 'objects'),
      copyShallow: (repository) => {
        if (existsSync(shallow)) copyFileSync(shallow, join(repository, 'shallow'))
      },
    }
  } catch (error) {
    if (error instanceof ReleaseUnreachable) throw error
    const { what, hint } = systemFault(error) ?? { what: 'it cannot be read', hint: 'check git.path' }
    throw new ReleaseUnreachable(`${path} is no checkout of git: ${what}`, hint, error)
  }
}

/** The folder `.git`, what a file of that name leads to (worktrees), or the path itself (a bare repository). */
function gitFolderOf(path: string): string {
  const inside = join(path, '.git')
  const stat = statSync(inside, { throwIfNoEntry: false })
  if (!stat) return path
  return stat.isDirectory() ? inside : resolve(path, lineIn(inside).replace(/^gitdir: /, ''))
}

function headOf(own: string, shared: string): string {
  const head = lineIn(join(own, 'HEAD'))
  const ref = head.replace(/^ref: /, '')
  const commit = ref === head ? head : REF.test(ref) ? commitOf(ref, shared) : ''
  if (COMMIT.test(commit)) return commit
  throw new ReleaseUnreachable(`${own} has nothing checked out`, 'check out a commit there')
}

function commitOf(ref: string, folder: string): string {
  const loose = join(folder, ref)
  if (existsSync(loose)) return lineIn(loose)
  const packed = join(folder, 'packed-refs')
  if (!existsSync(packed)) return ''
  const lines = readFileSync(packed, 'utf8').split('\n')
  return lines.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0] ?? ''
}

function lineIn(file: string): string {
  return readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? ''
}
