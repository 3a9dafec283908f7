/** Reads the files of a commit out of git's objects: nothing is checked out, so that no filter, link or submodule does anything. */
import { ReleaseRefused } from '../release-error.ts'
import {
  boundRelease,
  isInRelease,
  isReleasePath,
  RELEASE_BYTES_MAX,
  type ReleaseFile,
} from '../release-files.ts'
import { type GitWorld, runGit } from './run-git.ts'

interface Entry {
  readonly mode: string
  readonly object: string
  readonly size: number
  /** Within the release. */
  readonly path: string
}

/** Names of tens of thousands of files. */
const LIST_BYTES_MAX = 8 * 1024 ** 2
const PLAIN_FILES = ['100644', '100755']
const LINK = '120000'
const SUBMODULE = '160000'
/** What a reader of device maps or routes would take for one. */
const MEANT = /^(?!.*(^|\/)[.#])[^\0]*\.(ya?ml|csv)$/is

/**
 * @param folder within the repository; empty: its root
 * @throws ReleaseRefused where the tree holds what must not be in a release
 */
export async function readTree(
  commit: string,
  folder: string,
  world: GitWorld,
): Promise<readonly ReleaseFile[]> {
  const base = folder === '' ? '' : `${folder}/`
  const wanted = [`${base}devices`, `${base}routes`]
  const { output } = await runGit(
    ['ls-tree', '-r', '-z', '-l', '--full-tree', commit, '--', ...wanted],
    world,
    {
      outputMax: LIST_BYTES_MAX,
    },
  )
  const entries = output
    .toString('utf8')
    .split('\0')
    .filter(Boolean)
    .map((line) => entryOf(line, base))
  const files = entries.filter(isTaken)
  boundRelease(files)
  return await readObjects(files, world)
}

/** `100644 blob 5b1d…      312\tdevices/press-07.yaml` */
function entryOf(line: string, base: string): Entry {
  const [head = '', ...names] = line.split('\t')
  const [mode = '', , object = '', size = ''] = head.split(/ +/)
  return { mode, object, size: Number(size) || 0, path: names.join('\t').slice(base.length) }
}

function isTaken({ mode, path }: Entry): boolean {
  const shown = JSON.stringify(path)
  if (mode === LINK) throw new ReleaseRefused(`${shown} is a link`, 'put the file itself there')
  if (mode === SUBMODULE)
    throw new ReleaseRefused(`${shown} is a submodule`, 'put the files themselves there')
  if (PLAIN_FILES.includes(mode) && isReleasePath(path)) return true
  if (isInRelease(path) && MEANT.test(path))
    throw new ReleaseRefused(
      `${shown} is no name of a file that is read here`,
      'give it a simple name, two folders deep at most',
    )
  return false
}

async function readObjects(files: readonly Entry[], world: GitWorld): Promise<readonly ReleaseFile[]> {
  const input = files.map(({ object }) => `${object}\n`).join('')
  const outputMax = RELEASE_BYTES_MAX + LIST_BYTES_MAX
  const { output } = await runGit(['cat-file', '--batch'], world, { input, outputMax })
  let offset = 0
  return files.map(({ path, object, size }) => {
    const end = output.indexOf('\n', offset)
    const head = output.subarray(offset, end).toString('latin1')
    if (head !== `${object} blob ${size}`)
      throw new ReleaseRefused(`${path} is not whole`, 'repair the repository')
    const bytes = output.subarray(end + 1, end + 1 + size)
    offset = end + 1 + size + 1
    return { path, bytes: new Uint8Array(bytes) }
  })
}
