/** Two files that describe the same subject: one of them has it, the other is at fault. */
import { basename } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import { type Owner, ownerCode, ownerKind } from '../domain/owner.ts'
import type { MapFile } from './map-file.ts'

/**
 * The file that has a subject already keeps it, also while it is bad: a copy beside it never comes into force by that. Where
 * none has it, the shortest name is the original: a copy is called `press - Copy`, `press (2)` or `press-old`.
 * @param holders the file that has a subject already, by its name
 */
export function withoutTwins(
  files: readonly MapFile[],
  holders: ReadonlyMap<Owner, string> = new Map(),
): readonly MapFile[] {
  const bad = new Map(badHolders(files, holders))
  return files.map((file) => {
    const { owner } = file
    if (owner === undefined || !file.map) return file
    const holder = bad.get(owner) ?? holderAmong(files, owner, holders.get(owner))
    return !holder || holder === file ? file : asTwin(file, owner, holder)
  })
}

function holderAmong(files: readonly MapFile[], owner: Owner, holder: string | undefined) {
  const claimants = files.filter((other) => other.owner === owner && other.map !== undefined)
  const byLength = claimants.toSorted((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
  return claimants.find(({ name }) => name === holder) ?? byLength[0]
}

/** Files that have a subject and are too bad now to be in force, or even to say whom they describe. */
export function badHolders(
  files: readonly MapFile[],
  holders: ReadonlyMap<Owner, string>,
): readonly (readonly [Owner, MapFile])[] {
  return [...holders].flatMap(([owner, name]) => {
    const file = files.find((file) => file.name === name && !file.map && (file.owner ?? owner) === owner)
    return file ? [[owner, file] as const] : []
  })
}

/** A map that is not taken, because another file has its subject. */
export function asTwin(file: MapFile, owner: Owner, holder: Pick<MapFile, 'place'>): MapFile {
  return { ...file, map: undefined, faults: [twinFault(file, owner, holder)] }
}

function twinFault({ place, key }: MapFile, owner: Owner, holder: Pick<MapFile, 'place'>): ConfigFault {
  const { file, line, column } = holder.place
  const subject = `the ${ownerKind(owner)} "${ownerCode(owner)}"`
  return {
    ...place,
    path: key,
    message: `${subject} is already described in ${file}:${line}:${column}`,
    hint: `remove one of them, or correct the name in ${basename(place.file)}`,
  }
}
