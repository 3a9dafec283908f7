/**
 * The bill of materials (SBOM) in CycloneDX: what npm says of the packages that it has put here, as far as they go into the tree,
 * and the Node.js that comes along.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { CHECKOUT, lockedNode, type Release, runtimePackages } from './checkout.ts'

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly [key: string]: unknown
}

interface Bill {
  readonly metadata: { readonly component: Component; readonly [key: string]: unknown }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
  readonly [key: string]: unknown
}

/** The same for every build of one commit: npm would put the time and a random number into it. */
export function billOfMaterials(release: Release): string {
  const everything = npmBill()
  const kept = new Set([...runtimePackages()].map(([folder, { version }]) => `${nameOf(folder)}@${version}`))
  const components = [
    ...everything.components.filter(({ name, version }) => kept.has(`${name}@${version}`)),
    nodeOf(release),
  ]
  const root = everything.metadata.component
  const refs = new Set([root, ...components].map((one) => one['bom-ref']))
  const { version, epochSeconds } = release
  const bill = {
    ...everything,
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(components))}`,
    metadata: {
      ...everything.metadata,
      timestamp: new Date(epochSeconds * 1_000).toISOString(),
      component: { ...root, name: 'millrace', version, purl: `pkg:npm/millrace@${version}` },
    },
    components,
    dependencies: everything.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
  }
  return `${JSON.stringify(bill, null, 1)}\n`
}

/** Everything: asked to leave development out, npm also leaves out what both need. */
function npmBill(): Bill {
  const text = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx'], { cwd: CHECKOUT, maxBuffer: 2 ** 27 })
  return JSON.parse(text.toString()) as Bill
}

/** `node_modules/a/node_modules/@b/c` is the package `@b/c`. */
function nameOf(folder: string): string {
  return folder.split('node_modules/').at(-1) ?? folder
}

function nodeOf({ architecture }: Release): Component {
  const { name, version, license, integrity = '' } = lockedNode(architecture)
  const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
  return {
    'bom-ref': `${name}@${version}`,
    type: 'platform',
    name,
    version,
    purl: `pkg:npm/${name}@${version}`,
    hashes: [{ alg: 'SHA-512', content }],
    licenses: [{ license: { id: license } }],
  }
}

function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex')
  return [8, 12, 16, 20, 32].map((end, part) => digits.slice([0, 8, 12, 16, 20][part], end)).join('-')
}
