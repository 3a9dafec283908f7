/** What is done when a map comes into force or goes: the subject in the pipeline changes, and so do its links. */
import type { MachineMap } from '../domain/machine-map.ts'
import { isMachine, type Owner, ownerCode } from '../domain/owner.ts'
import type { StationMap } from '../domain/station-map.ts'
import type { Remembered, Subject } from '../domain/subject.ts'
import type { MapConsumer } from '../maps/follow-maps.ts'
import { isMachineMap, type SubjectMap } from '../maps/map-kind.ts'
import type { MachineReading } from '../maps/map-trials.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Recorder } from '../recording/recorder.ts'
import { isStationSubject, stationSubject } from '../scans/station-subject.ts'
import { isMachineSubject, type MachineSubject, machineSubject } from '../status/machine-subject.ts'
import { hasOpenRow } from '../status/saved/read-state.ts'
import { isInShadow, isSavedInShadow, shadowSubject } from '../status/shadow-subject.ts'
import { seesTheSame } from '../status/take-over.ts'
import { mapOfNothing } from '../status/without-map.ts'
import type { PlannedWatch } from './planned-watch.ts'
import { recordedMachine } from './recorded-machine.ts'
import type { DeviceRoster, ScannerRoster } from './rosters.ts'

interface SubjectParts {
  readonly pipeline: Pipeline
  readonly devices: DeviceRoster
  readonly scanners: ScannerRoster
  readonly planned: Pick<PlannedWatch, 'tell'>
  /** Undefined where nothing is recorded. */
  readonly recorder: Recorder | undefined
  /** Whether what machines do is stored: not by a gateway that stands by. */
  readonly storesMachines: () => boolean
}

/**
 * Links stay where only rules change; else they are closed before a map changes: PLCs have few places for them, and a scanner's
 * port only one.
 */
export function consumerOfMaps({
  pipeline,
  devices,
  scanners,
  planned,
  recorder,
  storesMachines,
}: SubjectParts): MapConsumer {
  async function putMachine(owner: Owner, map: MachineMap): Promise<void> {
    const before = pipeline.subjectOf(owner)
    const isLinked = devices.of(owner).length > 0 && before !== undefined && isMachineSubject(before)
    const isTurned = turnsShadow(owner, map, pipeline)
    const goesOn = isLinked && !before.isWaiting && seesTheSame(before.map, map) && !isTurned
    if (!goesOn) await devices.dismiss(owner)
    if (isTurned && storesMachines()) await endBefore(owner, map)
    pipeline.put(owner, (remembered) => placed(map, remembered))
    planned.tell(owner)
    if (!goesOn) await devices.assign(owner, map.devices)
  }

  function placed(map: MachineMap, remembered: Remembered): MachineSubject {
    return storesMachines()
      ? subjectWith(map, remembered, recorder)
      : standingBySubject(map, remembered, recorder)
  }

  /** Into shadow, what is open ends where the machine was last seen; out of it, nothing that it showed there is claimed. */
  async function endBefore(owner: Owner, map: MachineMap): Promise<void> {
    if (map.isShadow)
      pipeline.put(owner, (remembered) =>
        recordedMachine(machineSubject(map, remembered), remembered, recorder),
      )
    await pipeline.remove(owner).durable
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
      pipeline.put(owner, (remembered) => {
        const map = mapOfNothing(ownerCode(owner), file)
        return storesMachines()
          ? machineSubject(map, remembered)
          : standingBySubject(map, remembered, undefined)
      }),
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

/** The machine of a gateway that stands by: read as always, and nothing of it is written. */
export function standingBySubject(
  map: MachineMap,
  remembered: Remembered,
  recorder: Recorder | undefined,
): MachineSubject {
  if (map.isShadow) return subjectWith(map, remembered, recorder)
  const make = (known: Remembered) => recordedMachine(machineSubject(map, known), known, recorder)
  return shadowSubject(map, remembered, make, 'stand-by')
}

/** The machine as its map wants it. */
export function subjectWith(
  map: MachineMap,
  remembered: Remembered,
  recorder: Recorder | undefined,
): MachineSubject {
  const make = (known: Remembered) => recordedMachine(machineSubject(map, known), known, recorder)
  return map.isShadow ? shadowSubject(map, remembered, make) : make(remembered)
}

/** Whether a machine goes into shadow or comes out of it, since it was last in place or since the gateway's last life. */
function turnsShadow(
  owner: Owner,
  map: MachineMap,
  pipeline: Pick<Pipeline, 'subjectOf' | 'absent'>,
): boolean {
  const isShadow = map.isShadow === true
  const before = pipeline.subjectOf(owner)
  if (before) return isInShadow(before) !== isShadow
  const saved = pipeline.absent.get(owner)
  return saved !== undefined && isShadow && !isSavedInShadow(saved)
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
