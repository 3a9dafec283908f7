/** What is done when a map comes into force or goes: the subject in the pipeline changes, and so do its links. */
import type { MachineMap } from '../domain/machine-map.ts'
import { isMachine, type Owner, ownerCode } from '../domain/owner.ts'
import type { StationMap } from '../domain/station-map.ts'
import type { Remembered, Subject } from '../domain/subject.ts'
import type { MapConsumer } from '../maps/follow-maps.ts'
import { isMachineMap, type SubjectMap } from '../maps/map-kind.ts'
import type { MachineReading } from '../maps/map-trials.ts'
import type { Pipeline } from '../pipeline.ts'
import { isStationSubject, stationSubject } from '../scans/station-subject.ts'
import { isMachineSubject, machineSubject } from '../status/machine-subject.ts'
import { hasOpenRow } from '../status/saved/read-state.ts'
import { seesTheSame } from '../status/take-over.ts'
import { mapOfNothing } from '../status/without-map.ts'
import type { PlannedWatch } from './planned-watch.ts'
import type { DeviceRoster, ScannerRoster } from './rosters.ts'

interface SubjectParts {
  readonly pipeline: Pipeline
  readonly devices: DeviceRoster
  readonly scanners: ScannerRoster
  readonly planned: Pick<PlannedWatch, 'tell'>
}

/**
 * Links stay where only rules change; else they are closed before a map changes: PLCs have few places for them, and a scanner's
 * port only one.
 */
export function consumerOfMaps({ pipeline, devices, scanners, planned }: SubjectParts): MapConsumer {
  async function putMachine(owner: Owner, map: MachineMap): Promise<void> {
    const before = pipeline.subjectOf(owner)
    const isLinked = devices.of(owner).length > 0 && before !== undefined && isMachineSubject(before)
    const goesOn = isLinked && !before.isWaiting && seesTheSame(before.map, map)
    if (!goesOn) await devices.dismiss(owner)
    pipeline.put(owner, (remembered) => machineSubject(map, remembered))
    planned.tell(owner)
    if (!goesOn) await devices.assign(owner, map.devices)
  }

  async function putStation(owner: Owner, map: StationMap): Promise<void> {
    await scanners.dismiss(owner)
    const before = pipeline.subjectOf(owner)
    const isMoved = before && isStationSubject(before) && before.map.station.machine !== map.station.machine
    // Nobody works at the former machine from here any more: whoever goes on has to badge in.
    if (isMoved) await pipeline.remove(owner).durable
    pipeline.put(owner, (remembered) => stationSubject(map, remembered))
    await scanners.assign(owner, [map])
  }

  return {
    put: (owner, map) => (isMachineMap(map) ? putMachine(owner, map) : putStation(owner, map)),
    putWithoutMap: (owner, file) =>
      pipeline.put(owner, (remembered) => machineSubject(mapOfNothing(ownerCode(owner), file), remembered)),
    reading: (owner) => readingOf(owner, { pipeline, devices }),
    // A station has no open row: nothing of it has to be shown or ended.
    absent: () =>
      [...pipeline.absent]
        .filter(([owner]) => isMachine(owner))
        .map(([owner, saved]) => ({ owner, isOpen: hasOpenRow(saved) })),
    remove: async (owner, lastMap) => {
      await Promise.all([devices.dismiss(owner), scanners.dismiss(owner)])
      const make = makerOf(owner, lastMap)
      if (make) pipeline.recall(owner, make)
      await pipeline.remove(owner).durable
    },
  }
}

/** How well a machine is read, by what it and its devices say of themselves. */
function readingOf(
  owner: Owner,
  { pipeline, devices }: Pick<SubjectParts, 'pipeline' | 'devices'>,
): MachineReading | undefined {
  const subject = pipeline.subjectOf(owner)
  if (!subject || !isMachineSubject(subject)) return undefined
  const links = devices.of(owner).map((device) => device.health())
  const machine = subject.health()
  const [trouble] = [...links, machine].flatMap(({ troubles }) => troubles)
  return {
    seenMs: machine.summary.lastSeenMs,
    isConnected: links.every(({ summary }) => summary.state === 'connected'),
    trouble: trouble && [trouble.what, trouble.hint].filter(Boolean).join('; '),
  }
}

/** What retires a subject of which perhaps nothing but its saved state is left. */
function makerOf(
  owner: Owner,
  lastMap: SubjectMap | undefined,
): ((remembered: Remembered) => Subject) | undefined {
  if (lastMap && !isMachineMap(lastMap)) return (remembered) => stationSubject(lastMap, remembered)
  if (!isMachine(owner)) return undefined
  const map = lastMap ?? mapOfNothing(ownerCode(owner), '')
  return (remembered) => machineSubject(map, remembered)
}
