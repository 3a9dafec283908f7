/**
 * A bundle as bytes: a tar archive that holds the manifest, its signature, and the files. It is written the same way each time, and read
 * as what somebody on the way may have changed.
 */
import type { KeyObject } from 'node:crypto'
import { BadArchive, packFiles, unpackFiles } from '../../runtime/tar-files.ts'
import { ReleaseRefused } from '../release-error.ts'
import { boundRelease, RELEASE_BYTES_MAX, RELEASE_FILES_MAX, type ReleaseFile } from '../release-files.ts'
import { type BundleManifest, manifestText, readManifest, sha256, signManifest } from './manifest.ts'

const MANIFEST = 'manifest.json'
const SIGNATURE = 'manifest.sig'
/** Of tar for each file: a head and what fills its last block. */
const OVERHEAD_BYTES = 2_048
/** Longer is none. */
export const BUNDLE_BYTES_MAX = RELEASE_BYTES_MAX + RELEASE_FILES_MAX * OVERHEAD_BYTES

/** What is said of a bundle besides its files. */
interface BundleNames extends Pick<BundleManifest, 'number' | 'gateways'> {
  readonly madeMs: number
}

/** @param key an Ed25519 private key */
export async function writeBundle(
  files: readonly ReleaseFile[],
  { number, gateways, madeMs }: BundleNames,
  key: KeyObject,
): Promise<Buffer> {
  const text = manifestText({
    format: 1,
    number,
    gateways,
    made: new Date(madeMs).toISOString(),
    files: files.map(({ path, bytes }) => ({ path, bytes: bytes.byteLength, sha256: sha256(bytes) })),
  })
  const inOrder = files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const entries: readonly ReleaseFile[] = [
    { path: MANIFEST, bytes: Buffer.from(text) },
    { path: SIGNATURE, bytes: signManifest(text, key) },
    ...inOrder,
  ]
  return await packFiles(entries, { mode: 0o644, mtime: new Date(madeMs) })
}

interface Bundle {
  readonly manifest: BundleManifest
  /** Of the manifest: names the bundle. */
  readonly id: string
  readonly files: readonly ReleaseFile[]
}

/** @throws ReleaseRefused where it is not whole, not signed with this key, or holds anything that its manifest does not name */
export async function readBundle(bytes: Uint8Array, key: KeyObject): Promise<Bundle> {
  const [first, second, ...files] = await entriesOf(bytes)
  if (first?.path !== MANIFEST || second?.path !== SIGNATURE)
    throw new ReleaseRefused('this is no bundle, or it is not signed', 'make one with millrace bundle')
  const manifest = readManifest(first.bytes, second.bytes, key)
  boundRelease(manifest.files.map(({ path, bytes: size }) => ({ path, size })))
  const isSame = ({ path, bytes: content }: ReleaseFile, index: number) => {
    const named = manifest.files[index]
    return named?.path === path && named.bytes === content.byteLength && named.sha256 === sha256(content)
  }
  if (files.length !== manifest.files.length || !files.every(isSame))
    throw damaged('its files are not those that it names')
  return { manifest, id: sha256(first.bytes), files }
}

async function entriesOf(bytes: Uint8Array): Promise<readonly ReleaseFile[]> {
  try {
    return await unpackFiles(bytes, RELEASE_FILES_MAX + 2)
  } catch (error) {
    throw error instanceof BadArchive ? damaged(error.message) : error
  }
}

function damaged(why: string): ReleaseRefused {
  return new ReleaseRefused(`the bundle is damaged or cut short: ${why}`, 'put it there again, as a whole')
}
