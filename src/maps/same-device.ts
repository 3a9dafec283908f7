/** Maps that read the very same values of one device: mostly a copy in which the device was not changed. */
import type { ConfigFault } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { ownerCode } from '../domain/owner.ts'
import type { MapFile } from './map-file.ts'
import { isMachineMap } from './map-kind.ts'

/** A hint at the later of two such files. Several machines on one device read different addresses of it. */
export function sameDeviceHints(files: readonly MapFile[]): readonly ConfigFault[] {
  const seen = new Map<string, MapFile>()
  return files.flatMap((file) => {
    if (!file.map || !isMachineMap(file.map)) return []
    const key = sourceOf(file.map)
    const before = seen.get(key)
    if (!before) seen.set(key, file)
    return before ? [hint(file, before)] : []
  })
}

/** What decides the status of a machine, as it is asked for. */
function sourceOf({ devices, relevantSignals }: MachineMap): string {
  const sources = devices.map(({ protocol, settings, signals }) => {
    const addresses = signals
      .filter(({ name }) => relevantSignals.includes(name))
      .map(({ address }) => JSON.stringify(address))
    return [protocol, settings, addresses.sort()]
  })
  return JSON.stringify(sources)
}

function hint({ place }: MapFile, { place: before, owner }: MapFile): ConfigFault {
  const machine = owner && ownerCode(owner)
  const message = `this machine is read from the very addresses of ${machine} (${before.file})`
  return { ...place, path: 'device', message, hint: 'correct the device or the addresses if this is a copy' }
}
