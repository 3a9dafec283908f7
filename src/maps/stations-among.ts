/** What a scanner's file says wrongly only beside the others: a port that two have, and a machine that nobody describes. */
import { nearestWord } from '../documents/nearest-word.ts'
import type { Path } from '../documents/place.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { isMachine, machineOwner, ownerCode } from '../domain/owner.ts'
import type { StationMap } from '../domain/station-map.ts'
import type { MapFile } from './map-file.ts'
import { isMachineMap, isStationMap } from './map-kind.ts'

/** The file of a station with a good map. */
interface StationFile extends MapFile {
  readonly map: StationMap
}

/** A fault of the later of two files that name one port: it is open for one of them only, and the other one scans nothing. */
export function samePortFaults(files: readonly MapFile[]): readonly ConfigFault[] {
  const seen = new Map<string, StationFile>()
  return files.filter(isStationFile).flatMap((file) => {
    const { transport } = file.map.port
    const key = portKey(transport, file.source.written(['port', transport])?.trim() ?? '')
    const before = seen.get(key)
    if (!before) seen.set(key, file)
    return before ? [samePortFault(file, before)] : []
  })
}

/** One USB device is one port, whichever way it is read: of `0c2e:0b61:21097B1234` its serial number counts. */
function portKey(transport: string, written: string): string {
  const serial = /^[\da-f]{4}:[\da-f]{4}:(.+)$/i.exec(written)?.[1] ?? written
  return transport.startsWith('hid') || transport === 'usb_serial'
    ? `usb ${serial}`
    : `${transport} ${written}`
}

function samePortFault(file: StationFile, before: StationFile): ConfigFault {
  const path = ['port', file.map.port.transport]
  const { file: other, line, column } = before.source.place(path)
  const message = `this is also the port of ${before.map.scanner} (${other}:${line}:${column})`
  return faultAt(file, path, message, 'a port has one scanner: correct it in one of them')
}

/** A hint where a station's machine has no map here: nothing of what is scanned reaches a machine then. */
export function missingMachineHints(files: readonly MapFile[]): readonly ConfigFault[] {
  const described = files.flatMap(({ owner }) => (owner && isMachine(owner) ? [owner] : []))
  return files.filter(isStationFile).flatMap((file) => {
    const { machine } = file.map.station
    if (machine === null || described.includes(machineOwner(machine))) return []
    const message = `no device map here describes the machine ${machine}: no reason or work order that is scanned reaches it`
    const nearest = nearestWord(machine, described.map(ownerCode))
    const hint = nearest === undefined ? 'lay its map beside this one' : `did you mean ${nearest}?`
    return [faultAt(file, ['station', 'machine'], message, hint)]
  })
}

/** A hint where a station's machine is in shadow: what is scanned names the machine only here, and nowhere else. */
export function shadowMachineHints(files: readonly MapFile[]): readonly ConfigFault[] {
  const inShadow = files.flatMap(({ map }) => (map && isMachineMap(map) && map.isShadow ? [map.machine] : []))
  return files.filter(isStationFile).flatMap((file) => {
    const { machine } = file.map.station
    if (machine === null || !inShadow.includes(machine)) return []
    const message = `${machine} is in shadow: scans are stored without it, and their reasons and orders show only here`
    return [faultAt(file, ['station', 'machine'], message, `take "shadow: true" out of its map`)]
  })
}

function isStationFile(file: MapFile): file is StationFile {
  return file.map !== undefined && isStationMap(file.map)
}

function faultAt({ source }: MapFile, path: Path, message: string, hint: string): ConfigFault {
  return { ...source.place(path), path: path.join('.'), message, hint }
}
