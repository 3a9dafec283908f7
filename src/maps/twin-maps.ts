/** Two files that describe the same machine: one has it, the other is at fault. */
import { basename } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import type { MapFile } from './map-files.ts'

/** `owners` says whose a machine is, by file name; otherwise the first of the files that claim it has it. */
export function withoutTwins(
  files: readonly MapFile[],
  owners: ReadonlyMap<string, string>,
): readonly MapFile[] {
  return files.map((file) => {
    if (file.machine === undefined) return file
    const claimants = files.filter(({ machine, map }) => machine === file.machine && map !== undefined)
    const owner = claimants.find(({ name }) => name === owners.get(file.machine ?? '')) ?? claimants[0]
    return !file.map || !owner || owner === file ? file : asTwin(file, owner)
  })
}

/** A map that is not taken, because another file has its machine. */
export function asTwin(file: MapFile, owner: MapFile): MapFile {
  return { ...file, map: undefined, faults: [twinFault(file, owner)] }
}

function twinFault({ place, machine }: MapFile, owner: MapFile): ConfigFault {
  const { file, line, column } = owner.place
  const message = `the machine "${machine}" is already described in ${file}:${line}:${column}`
  return {
    ...place,
    path: 'machine',
    message,
    hint: `remove one of them, or correct the name in ${basename(place.file)}`,
  }
}
