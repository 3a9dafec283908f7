/** Tells two sets of device maps apart, so that gateways can be compared by what they have in force. */
import { createHash } from 'node:crypto'
import type { Owner } from '../domain/owner.ts'

/** So much of a hash is enough for that. */
const HASH_CHARACTERS = 12

/** A subject whose map is in force. */
interface MappedSubject {
  readonly owner: Owner
  readonly map: { readonly version: string }
}

/** The same for the same maps, whatever their files are called. */
export function hashOfMaps(subjects: readonly MappedSubject[]): string {
  const maps = subjects.map(({ owner, map }) => `${owner} ${map.version}`)
  return createHash('sha256').update(maps.toSorted().join('\n')).digest('hex').slice(0, HASH_CHARACTERS)
}
