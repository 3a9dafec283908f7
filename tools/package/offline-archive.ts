/** Makes one archive for a computer without internet: the package, what it was made of, how to install it, and the sums that prove all of it. */
import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { CHECKOUT, type Release } from './checkout.ts'
import { makePlain } from './tree.ts'

interface OfflineArchive {
  /** The package. */
  readonly deb: string
  /** The tree that it was made of. */
  readonly tree: string
  readonly release: Release
  /** Where the archive is put. */
  readonly folder: string
  /** Other packages of Debian that a computer without internet may lack, such as libusb-1.0-0. */
  readonly others?: readonly string[]
  /** A file with an Ed25519 key, PEM, that signs the sums. */
  readonly signingKey?: string | undefined
}

/** @returns its file */
export function makeOfflineArchive(archive: OfflineArchive): string {
  const { deb, release, folder } = archive
  const name = basename(deb).replace(/\.deb$/, '_offline')
  const above = mkdtempSync(join(tmpdir(), 'millrace-offline-'))
  try {
    fill(join(above, name), archive)
    makePlain(join(above, name), release.epochSeconds)
    const file = join(folder, `${name}.tar`)
    const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=ustar']
    execFileSync('tar', [...same, '-cf', file, '-C', above, name])
    return file
  } finally {
    rmSync(above, { recursive: true })
  }
}

function fill(folder: string, { deb, tree, others = [], signingKey }: OfflineArchive): void {
  mkdirSync(folder)
  for (const file of [deb, ...others]) cpSync(file, join(folder, basename(file)))
  cpSync(join(tree, 'share/sbom.cdx.json'), join(folder, 'sbom.cdx.json'))
  cpSync(join(tree, 'share/copyright'), join(folder, 'copyright'))
  cpSync(join(CHECKOUT, 'docs/install.md'), join(folder, 'install.md'))
  cpSync(join(CHECKOUT, 'packaging/offline/install.sh'), join(folder, 'install.sh'))
  const sums = readdirSync(folder)
    .toSorted()
    .map((file) => `${sha256(join(folder, file))}  ${file}\n`)
    .join('')
  writeFileSync(join(folder, 'SHA256SUMS'), sums)
  if (signingKey === undefined) return
  const key = createPrivateKey(readFileSync(signingKey))
  writeFileSync(join(folder, 'SHA256SUMS.sig'), sign(null, Buffer.from(sums), key))
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
