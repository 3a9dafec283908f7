/** The packages of this checkout, of its own version and of one before it, and the tree that they were made of. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeRelease, type Release } from '../../tools/package/checkout.ts'
import { makeDebianPackage } from '../../tools/package/debian-package.ts'
import { takeBuildSteps } from './dockerfile.ts'

interface OnePackage {
  readonly release: Release
  readonly deb: string
}

export interface Packaged extends Disposable {
  /** Beside the packages, for whatever a test makes of them. */
  readonly folder: string
  /** Of the newer one. */
  readonly tree: string
  /** The same program under an older number. */
  readonly older: OnePackage
  readonly newer: OnePackage
}

const OLDER = '0.0.9'

export function packageCheckout(): Packaged {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-packaged-'))
  // Programs of it are run by other users.
  chmodSync(folder, 0o755)
  const tree = join(folder, 'tree')
  const release = describeRelease()
  takeBuildSteps(join(folder, 'build'), tree, release)
  const newer = packaged(tree, release, folder)
  return {
    folder,
    tree,
    older: packagedAsOlder(tree, folder),
    newer,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function packaged(tree: string, release: Release, folder: string): OnePackage {
  return { release, deb: makeDebianPackage({ tree, release, folder, compression: 'fast' }) }
}

function packagedAsOlder(tree: string, folder: string): OnePackage {
  const file = join(tree, 'package.json')
  const own = readFileSync(file, 'utf8')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(own), version: OLDER }))
  try {
    return packaged(tree, describeRelease({ version: OLDER }), folder)
  } finally {
    writeFileSync(file, own)
  }
}

/** Packages for Debian are made by Debian's tools. */
export const canPackage = existsSync('/usr/bin/dpkg-deb')
