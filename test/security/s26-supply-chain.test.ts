import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { billOfMaterials } from '../../tools/package/bill-of-materials.ts'
import { describeRelease } from '../../tools/package/checkout.ts'
import nativeBinaries from './native-binaries.json' with { type: 'json' }
import { securityCheck } from './security-check.ts'

const ROOT = join(import.meta.dirname, '../..')

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
}

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  /** Of the computers that it is for; absent where it is for all. */
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
}

interface Supply {
  readonly manifest: Manifest
  readonly npmrc: string
  /** By its place below `node_modules`. */
  readonly locked: Readonly<Record<string, Locked>>
  /** What a fetched list says is in it: `name@version`. */
  readonly listed: ReadonlySet<string>
  /** SHA-256 of the native binaries, by file. */
  readonly binaries: Readonly<Record<string, string>>
}

const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/
/** Where the lock file names no place it is the registry that npm is set to; the sum proves what came from there. */
const REGISTRY = /^https:\/\/registry\.npmjs\.org\//

function judge({ manifest, npmrc, locked, listed, binaries }: Supply): readonly string[] {
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  const packages = Object.entries(locked).filter(([place]) => place !== '')
  return [
    ...Object.entries(wanted).flatMap(([name, version]) =>
      EXACT.test(version) ? [] : [`${name} ${version} is not pinned`],
    ),
    ...packages.flatMap(([place, one]) => [
      ...(one.integrity?.startsWith('sha512-') ? [] : [`${place} has no SHA-512 sum`]),
      ...(one.resolved === undefined || REGISTRY.test(one.resolved)
        ? []
        : [`${place} comes from ${one.resolved}`]),
      ...(one.hasInstallScript && isForUs(one) && manifest.allowScripts[nameOf(place)] !== false
        ? [`${place} wants to run a script while it is installed, and nobody has decided that it may not`]
        : []),
      ...(!one.dev && !one.optional && !listed.has(`${nameOf(place)}@${one.version}`)
        ? [`the list of parts lacks ${place}`]
        : []),
    ]),
    ...(/^ignore-scripts=true$/m.test(npmrc) ? [] : ['scripts of packages run while they are installed']),
    ...(Object.values(manifest.allowScripts).some(Boolean) ? ['a package may run a script'] : []),
    ...Object.entries(binaries).flatMap(([file, sum]) =>
      (nativeBinaries as Readonly<Record<string, string>>)[file] === sum
        ? []
        : [`${file} is not the one that was looked at`],
    ),
  ]
}

/** Linux on the two kinds of processors that a gateway has. */
function isForUs({ os, cpu }: Locked): boolean {
  return (os?.includes('linux') ?? true) && (cpu?.some((one) => one === 'x64' || one === 'arm64') ?? true)
}

function nameOf(place: string): string {
  return place.split('node_modules/').at(-1) ?? place
}

function supply(): Supply {
  const { packages } = JSON.parse(read('package-lock.json')) as { readonly packages: Record<string, Locked> }
  return {
    manifest: JSON.parse(read('package.json')) as Manifest,
    npmrc: read('.npmrc'),
    locked: packages,
    listed: listOfParts(),
    binaries: presentBinaries(),
  }
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

interface PartsList {
  readonly components: readonly { readonly name: string; readonly version: string }[]
}

/** As it is shipped beside the program, in the form of CycloneDX. */
function listOfParts(): ReadonlySet<string> {
  const { components } = JSON.parse(billOfMaterials(describeRelease())) as PartsList
  return new Set(components.map(({ name, version }) => `${name}@${version}`))
}

/** Those of Linux that the program loads, and Node.js itself, as far as they are installed on this computer. */
function presentBinaries(): Readonly<Record<string, string>> {
  const patterns = [
    'node_modules/better-sqlite3/prebuilds/linux-*.node',
    'node_modules/@serialport/bindings-cpp/prebuilds/linux-{x64,arm64}/*.node',
    'node_modules/node-hid/prebuilds/*linux-{x64,arm64}/*.node',
    'node_modules/node-linux-{x64,arm64}/bin/node',
  ]
  const files = globSync(patterns, { cwd: ROOT }).filter((file) => existsSync(join(ROOT, file)))
  return Object.fromEntries(files.map((file) => [file, sumOf(readFileSync(join(ROOT, file)))]))
}

function sumOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Changes one package of the lock file. */
function withPackage(change: Locked): () => Supply {
  return () => {
    const shipped = supply()
    return { ...shipped, locked: { ...shipped.locked, 'node_modules/left-pad': { ...LEFT_PAD, ...change } } }
  }
}

const LEFT_PAD: Locked = {
  version: '1.3.0',
  resolved: 'https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz',
  integrity:
    'sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA==',
  dev: true,
}

securityCheck<Supply>({
  id: 'S26',
  title:
    'every part is pinned, proven by a sum, runs nothing while it is installed, and is in the list of parts',
  judge,
  shipped: supply,
  weakened: {
    'a new dependency whose version floats': () => {
      const shipped = supply()
      const dependencies = { ...shipped.manifest.dependencies, 'left-pad': '^1.3.0' }
      return { ...shipped, manifest: { ...shipped.manifest, dependencies } }
    },
    'a package with a new script': withPackage({ hasInstallScript: true }),
    'a package without a sum': withPackage({ integrity: '' }),
    'a package from elsewhere': withPackage({ resolved: 'https://cdn.example/left-pad-1.3.0.tgz' }),
    'a part that the list does not have': withPackage({ dev: false }),
    'scripts that are allowed': () => ({ ...supply(), npmrc: 'ignore-scripts=false\n' }),
    'a native binary that was exchanged': () => {
      const shipped = supply()
      const binaries = Object.fromEntries(
        Object.keys(shipped.binaries).map((file) => [file, sumOf(Buffer.from('x'))]),
      )
      return { ...shipped, binaries }
    },
  },
})
