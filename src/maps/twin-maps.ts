/** Two files that describe the same subject: one of them has it, the other is at fault. */
import { basename } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import { type Owner, ownerCode, ownerKind } from '../domain/owner.ts'
import type { MapFile } from './map-file.ts'

/** `holders` names the file that has a subject already; otherwise the first of the files that claim it gets it. */
export function withoutTwins(
  files: readonly MapFile[],
  holders: ReadonlyMap<Owner, string>,
): readonly MapFile[] {
  return files.map((file) => {
    const { owner } = file
    if (owner === undefined || !file.map) return file
    const claimants = files.filter((other) => other.owner === owner && other.map !== undefined)
    const holder = claimants.find(({ name }) => name === holders.get(owner)) ?? claimants[0]
    return !holder || holder === file ? file : asTwin(file, owner, holder)
  })
}

/** A map that is not taken, because another file has its subject. */
export function asTwin(file: MapFile, owner: Owner, holder: MapFile): MapFile {
  return { ...file, map: undefined, faults: [twinFault(file, owner, holder)] }
}

function twinFault({ place, key }: MapFile, owner: Owner, holder: MapFile): ConfigFault {
  const { file, line, column } = holder.place
  const subject = `the ${ownerKind(owner)} "${ownerCode(owner)}"`
  return {
    ...place,
    path: key,
    message: `${subject} is already described in ${file}:${line}:${column}`,
    hint: `remove one of them, or correct the name in ${basename(place.file)}`,
  }
}
