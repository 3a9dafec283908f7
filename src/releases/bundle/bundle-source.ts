/** A signed bundle behind a URL as a place that releases come from. */
import { readFileSync } from 'node:fs'
import { plainUrl } from '../../runtime/plain-url.ts'
import { systemFault } from '../../runtime/system-fault.ts'
import type { NewRelease } from '../install-release.ts'
import { readSecret } from '../read-secret.ts'
import { ReleaseRefused, ReleaseUnreachable } from '../release-error.ts'
import type { ReleaseNote } from '../release-folder.ts'
import type { ReleaseSource } from '../release-source.ts'
import type { BundleSource } from '../settings.ts'
import { BUNDLE_BYTES_MAX, readBundle } from './bundle-file.ts'
import { keyName, readPublicKey } from './bundle-keys.ts'
import { fetchBounded } from './fetch-bounded.ts'

const NUMBER_WIDTH = 10
const SHORT = 12

/** @param gateway its name: a bundle may be for others */
export function bundleSource(source: BundleSource, gateway: string): ReleaseSource {
  const from = plainUrl(source.url)
  /** What the server called the bundle that is in force. */
  let tag: string | undefined
  return {
    kind: 'bundle',
    from,
    find: async (current, signal) => {
      const key = readPublicKey(source.publicKeyFile)
      const line = `key ${keyName(key)}`
      const known = current?.line === line ? current : undefined
      const fetched = await fetchBounded({
        url: source.url,
        token: readSecret(source.token),
        ca: source.caFile === undefined ? undefined : authorityIn(source.caFile),
        known: known && tag,
        bytesMax: BUNDLE_BYTES_MAX,
        signal,
      })
      if (!fetched.bytes) return undefined
      tag = undefined
      const { manifest, id, files } = await readBundle(fetched.bytes, key)
      const { number, gateways } = manifest
      if (id === known?.id) tag = fetched.tag
      if (id === known?.id) return undefined
      refuseOlder(number, known)
      if (gateways.length > 0 && !gateways.includes(gateway))
        throw new ReleaseRefused(`bundle ${number} is for ${gateways.join(', ')}`, `make one for ${gateway}`)
      const name = `bundle-${String(number).padStart(NUMBER_WIDTH, '0')}-${id.slice(0, SHORT)}`
      const note = { name, kind: 'bundle', from, line, counter: number, id, signer: null } as const
      return { note, files } satisfies NewRelease
    },
  }
}

function refuseOlder(number: number, current: ReleaseNote | undefined): void {
  if (!current || number > current.counter) return
  const what =
    number === current.counter
      ? `another bundle with the number ${number} is in force`
      : `bundle ${number} is older than ${current.counter}, which is in force`
  throw new ReleaseRefused(what, 'to go back, make a bundle of the older files with a higher number')
}

function authorityIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = systemFault(error)?.what ?? 'it cannot be read'
    throw new ReleaseUnreachable(`${file}: ${why}`, 'check ca_file', error)
  }
}
