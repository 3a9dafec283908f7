/**
 * Makes what is installed on a plant floor, out of this checkout after `npm ci`:
 *
 *     npm run package -- tree FOLDER            the tree of an installation, /opt/millrace
 *     npm run package -- deb FOLDER             the Debian package, into a folder
 *     npm run package -- offline FOLDER         the same in an archive for computers without internet
 *
 *     --architecture amd64|arm64   default: this computer's
 *     --version 1.2.3              default: that of package.json
 *     --fast                       a package that is larger, and made at once
 *     --with FILE.deb              also into the archive: a package of Debian's (again for each)
 *     --sign KEY.pem               signs the archive by an Ed25519 key
 *
 * The commit and its time come from git; where that is not there, from MILLRACE_COMMIT and SOURCE_DATE_EPOCH.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ARCHITECTURES, type Architecture, describeRelease, type Release } from './checkout.ts'
import { makeDebianPackage } from './debian-package.ts'
import { makeOfflineArchive } from './offline-archive.ts'
import { stageTree } from './tree.ts'

const options = {
  architecture: { type: 'string' },
  version: { type: 'string' },
  fast: { type: 'boolean' },
  with: { type: 'string', multiple: true },
  sign: { type: 'string' },
} as const

const { positionals, values } = parseArgs({ options, allowPositionals: true })
const [what, folder] = positionals

if (folder === undefined || !(what === 'tree' || what === 'deb' || what === 'offline')) {
  console.error('npm run package -- tree|deb|offline FOLDER: tools/package/main.ts says more')
  process.exitCode = 2
} else if (what === 'tree') await stageTree(resolve(folder), release())
else await makePackages(resolve(folder), what)

function release(): Release {
  const { architecture, version } = values
  if (architecture !== undefined && !Object.hasOwn(ARCHITECTURES, architecture))
    throw new Error(
      `there is no package for ${architecture}, only for ${Object.keys(ARCHITECTURES).join(', ')}`,
    )
  return describeRelease({
    ...(version !== undefined && { version }),
    ...(architecture !== undefined && { architecture: architecture as Architecture }),
  })
}

async function makePackages(into: string, kind: 'deb' | 'offline'): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-package-'))
  const tree = join(scratch, 'tree')
  try {
    const made = release()
    await stageTree(tree, made)
    const compression = values.fast ? 'fast' : 'small'
    const deb = makeDebianPackage({ tree, release: made, folder: into, compression })
    console.log(deb)
    if (kind === 'offline')
      console.log(
        makeOfflineArchive({
          deb,
          tree,
          release: made,
          folder: into,
          others: values.with ?? [],
          signingKey: values.sign,
        }),
      )
  } finally {
    rmSync(scratch, { recursive: true })
  }
}
