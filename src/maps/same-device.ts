/** Maps that read the very same values of one device: mostly a copy in which the device or an address was not changed. */
import type { ConfigFault } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { ownerCode } from '../domain/owner.ts'
import type { SignalSpec } from '../domain/signal.ts'
import type { MapFile } from './map-file.ts'
import { isMachineMap } from './map-kind.ts'

/** What says where a device is. Its other settings only say how it is read. */
const PLACE_KEYS = ['host', 'port', 'path', 'usbSerial', 'unit', 'url', 'urls']
/** A PLC of several machines has one heartbeat for all of them, and one work order. */
const SHARED_ROLES: readonly SignalSpec['role'][] = ['heartbeat', 'work_order']

/** A hint at the later of two such files. Several machines on one device read different addresses of it. */
export function sameDeviceHints(files: readonly MapFile[]): readonly ConfigFault[] {
  const wholes = new Map<string, MapFile>()
  const signals = new Map<string, TakenSignal>()
  return files.flatMap((file) => {
    if (!file.map || !isMachineMap(file.map)) return []
    const whole = wholeOf(file.map)
    const before = wholes.get(whole)
    if (before) return [wholeHint(file, before)]
    wholes.set(whole, file)
    return signalHints(file, file.map, signals)
  })
}

/** What decides the status of a machine, as it is asked for. */
function wholeOf({ devices, relevantSignals }: MachineMap): string {
  const sources = devices.map(({ protocol, settings, signals }) => {
    const addresses = signals
      .filter(({ name }) => relevantSignals.includes(name))
      .map(({ address }) => JSON.stringify(address))
    return [protocol, settings, addresses.sort()]
  })
  return JSON.stringify(sources)
}

function wholeHint({ place }: MapFile, { place: before, owner }: MapFile): ConfigFault {
  const machine = owner && ownerCode(owner)
  const message = `this machine is read from the very addresses of ${machine} (${before.file})`
  return { ...place, path: 'device', message, hint: 'correct the device or the addresses if this is a copy' }
}

/** A signal that decides something, and the file whose machine has it. */
interface TakenSignal {
  readonly name: string
  readonly file: MapFile
}

/** One hint for each other machine whose signals this one has, however many these are. */
function signalHints(
  file: MapFile,
  map: MachineMap,
  taken: Map<string, TakenSignal>,
): readonly ConfigFault[] {
  const shared = new Map<MapFile, { readonly name: string; readonly other: string }[]>()
  for (const { name, key } of decisiveSignals(map)) {
    const before = taken.get(key)
    if (!before) taken.set(key, { name, file })
    else if (before.file !== file)
      shared.set(before.file, [...(shared.get(before.file) ?? []), { name, other: before.name }])
  }
  return [...shared].map(([before, signals]) => signalHint(file, before, signals))
}

function decisiveSignals({ devices, relevantSignals }: MachineMap) {
  return devices.flatMap(({ protocol, settings, signals }) => {
    const place = placeOf(settings)
    return signals
      .filter(({ name, role }) => relevantSignals.includes(name) && !SHARED_ROLES.includes(role))
      .map(({ name, address, mask }) => ({ name, key: JSON.stringify([protocol, place, address, mask]) }))
  })
}

function placeOf(settings: unknown): readonly unknown[] {
  const keys = settings as Readonly<Record<string, unknown>>
  return PLACE_KEYS.map((key) => keys[key] ?? null)
}

function signalHint(
  { source }: MapFile,
  before: MapFile,
  shared: readonly { readonly name: string; readonly other: string }[],
): ConfigFault {
  const [first, ...others] = shared
  const path = ['signals', first?.name ?? '']
  const { file, line } = before.source.place(['signals', first?.other ?? ''])
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const machine = before.owner && ownerCode(before.owner)
  const message = `"${first?.name}"${more} is read from the address of "${first?.other}" of ${machine} (${file}:${line})`
  const hint = 'correct the address if this is a copy; one that both machines really have is no mistake'
  return { ...source.place(path), path: path.join('.'), message, hint }
}
