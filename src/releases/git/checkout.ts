/**
 * A checkout that somebody else keeps up to date on this computer. Only its files are read, and git is never run in it: the configuration
 * of a repository can name programs to run. What counts is the commit that is checked out, and never the files beside it,
 * which may be half way to the next one.
 */
import { copyFile, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemFault } from '../../runtime/system-fault.ts'
import { ReleaseUnreachable } from '../release-error.ts'

interface Checkout {
  /** The commit that is checked out. */
  readonly commit: string
  /** Where its objects are. */
  readonly objects: string
  /** Hands on where its history is cut. */
  copyShallow(repository: string): Promise<void>
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/
const REF = /^refs\/heads\/(?!.*\.\.)[^\s~^:?*[\\]+$/

/** @throws ReleaseUnreachable where nothing is checked out there */
export async function readCheckout(path: string): Promise<Checkout> {
  try {
    const own = await gitFolderOf(path)
    const common = await whereThere(lineIn(join(own, 'commondir')))
    const shared = common === undefined ? own : resolve(own, common)
    const shallow = join(shared, 'shallow')
    return {
      commit: await headOf(own, shared),
      objects: join(shared, 'objects'),
      copyShallow: async (repository) => {
        await whereThere(copyFile(shallow, join(repository, 'shallow')))
      },
    }
  } catch (error) {
    if (error instanceof ReleaseUnreachable) throw error
    const { what, hint } = systemFault(error) ?? { what: 'it cannot be read', hint: 'check git.path' }
    throw new ReleaseUnreachable(`${path} is no checkout of git: ${what}`, hint, error)
  }
}

/** The folder `.git`, what a file of that name leads to (worktrees), or the path itself (a bare repository). */
async function gitFolderOf(path: string): Promise<string> {
  const inside = join(path, '.git')
  const found = await whereThere(stat(inside))
  if (!found) return path
  return found.isDirectory() ? inside : resolve(path, (await lineIn(inside)).replace(/^gitdir: /, ''))
}

async function headOf(own: string, shared: string): Promise<string> {
  const head = await lineIn(join(own, 'HEAD'))
  const ref = head.replace(/^ref: /, '')
  const commit = ref === head ? head : REF.test(ref) ? await commitOf(ref, shared) : ''
  if (COMMIT.test(commit)) return commit
  throw new ReleaseUnreachable(`${own} has nothing checked out`, 'check out a commit there')
}

async function commitOf(ref: string, folder: string): Promise<string> {
  const loose = await whereThere(lineIn(join(folder, ref)))
  if (loose !== undefined) return loose
  const packed = (await whereThere(readFile(join(folder, 'packed-refs'), 'utf8'))) ?? ''
  const line = packed.split('\n').find((one) => one.endsWith(` ${ref}`))
  return line?.split(' ')[0] ?? ''
}

async function lineIn(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).split('\n')[0]?.trim() ?? ''
}

/** Undefined where there is no such file. */
async function whereThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (NOT_THERE.has(String((error as { readonly code?: unknown }).code))) return undefined
    throw error
  }
}

const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR'])
