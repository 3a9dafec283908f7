/**
 * The files that a release brings: device maps with their profiles and tables, routes, and certificates beside them. Never `gateway.yaml`,
 * a key or a password. Everything is bounded, and no path leads out of the release.
 */
import { FILE_BYTES_MAX } from '../documents/yaml-source.ts'
import { ReleaseRefused } from './release-error.ts'

/** One file, by its path within the release: `devices/press-07.yaml`. */
export interface ReleaseFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** More than this belongs to no gateway. */
export const RELEASE_FILES_MAX = 4_000
/** Of all files together. */
export const RELEASE_BYTES_MAX = 64 * 1024 ** 2

/** `devices/`, `routes/` and folders in them; no part begins with a dot, and nothing in it means something to a shell or a path. */
const PATH =
  /^(?:devices|routes)(?:\/(?![.#~-])[\p{L}\p{N} ._()+@=-]{1,120}){0,3}\/(?![.#~-])[\p{L}\p{N} ._()+@=-]{1,120}\.(?:yaml|yml|csv|pem|crt|cer|der)$/u
const FOLDERS = /^(?:devices|routes)\//

/** Whether a file with this path is brought along; whatever else lies in a repository is ignored. */
export function isReleasePath(path: string): boolean {
  return PATH.test(path) && !path.split('/').some((part) => part.endsWith('.') || part.endsWith(' '))
}

/** Whether it lies where releases have their files. */
export function isInRelease(path: string): boolean {
  return FOLDERS.test(path)
}

/** What a large file leaves behind in a repository that keeps it elsewhere. */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/'
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

/** @throws ReleaseRefused where a file must not be in a release, or there are too many or too large ones */
export function judgeReleaseFiles(files: readonly ReleaseFile[]): void {
  const [first] = files.filter(({ path }) => !isReleasePath(path))
  if (first) throw unwanted(first.path)
  boundRelease(files.map(({ path, bytes }) => ({ path, size: bytes.byteLength })))
  for (const { path, bytes } of files) {
    const head = Buffer.from(bytes.subarray(0, FILE_BYTES_MAX)).toString('latin1')
    if (PRIVATE_KEY.test(head))
      throw new ReleaseRefused(`${path} holds a private key`, 'keys stay on the gateway: name them there')
    if (head.startsWith(LFS_POINTER))
      throw new ReleaseRefused(
        `${path} is a pointer to a file elsewhere (git LFS)`,
        'put the file itself there',
      )
  }
}

function unwanted(path: string): ReleaseRefused {
  const what = `${JSON.stringify(path)} has no place in a release`
  return new ReleaseRefused(
    what,
    'there are files in devices/ and routes/: .yaml, .yml, .csv, and certificates',
  )
}

/** @throws ReleaseRefused where there are too many files, or these are too large; asked before any is read */
export function boundRelease(files: readonly { readonly path: string; readonly size: number }[]): void {
  if (files.length > RELEASE_FILES_MAX)
    throw new ReleaseRefused(`it has ${files.length} files`, `at most ${RELEASE_FILES_MAX}`)
  const [large] = files.filter(({ size }) => size > FILE_BYTES_MAX)
  if (large) throw new ReleaseRefused(`${large.path} has ${large.size} bytes`, `at most ${FILE_BYTES_MAX}`)
  const total = files.reduce((sum, { size }) => sum + size, 0)
  if (total > RELEASE_BYTES_MAX)
    throw new ReleaseRefused(`its files have ${total} bytes in all`, `at most ${RELEASE_BYTES_MAX}`)
  const names = new Set(files.map(({ path }) => path.normalize('NFC').toLowerCase()))
  if (names.size < files.length)
    throw new ReleaseRefused('two of its files have one name, but for capitals', 'rename one of them')
  if (!files.some(({ path }) => /^devices\/[^/]+\.ya?ml$/.test(path)))
    throw new ReleaseRefused('there is no device map in it', 'device maps are devices/NAME.yaml')
}
