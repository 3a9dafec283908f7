/** Whose links are kept up: what a collector is made of, and where what it brings goes. */
import { collectDevice, type DeviceCollector } from '../collector/collect-device.ts'
import { collectScanner, type ScannerCollector } from '../collector/collect-scanner.ts'
import { Overslept } from '../collector/overslept.ts'
import { createRoster, type Roster } from '../collector/roster.ts'
import type { ScanWatch } from '../collector/scan-watch.ts'
import { ScannerRecord } from '../collector/scanner-record.ts'
import type { Device } from '../domain/device.ts'
import type { Instant } from '../domain/instant.ts'
import type { MasterData } from '../domain/master-data.ts'
import { machineOwner } from '../domain/owner.ts'
import type { MachineStanding, UnderstoodScan } from '../domain/scan.ts'
import type { StationMap } from '../domain/station-map.ts'
import type { Receipt } from '../domain/subject.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Parts } from '../runtime/service.ts'
import { readScan } from '../scans/read-scan.ts'
import { isStationSubject } from '../scans/station-subject.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import { unknownStanding } from '../status/people/standing.ts'
import { isSavedInShadow } from '../status/shadow-subject.ts'
import type { LinkNews } from './links.ts'
import type { World } from './world.ts'

/** The devices of all machines. */
export type DeviceRoster = Roster<Device, DeviceCollector>
/** The scanners of all stations. */
export type ScannerRoster = Roster<StationMap, ScannerCollector>

interface RosterNeeds {
  readonly pipeline: Pipeline
  readonly links: LinkNews
  readonly parts: Parts
}

/** @param stateFolder where drivers keep their certificates */
export function createDeviceRoster(
  stateFolder: string,
  world: Pick<World, 'clock' | 'random' | 'log' | 'drivers'>,
  { pipeline, links, parts }: RosterNeeds,
): DeviceRoster {
  const overslept = new Overslept(world)
  const collect = (device: Device) =>
    links.endingWith(
      device,
      collectDevice({
        ...world,
        device,
        awakeSince: () => pipeline.awakeSince(),
        overslept: (polls) => overslept.note(polls),
        driver: found(world.drivers.all, ({ protocol }) => protocol === device.protocol, device.protocol),
        deliver: (message) => {
          if (message.kind === 'link') links.changed(device, message)
          return pipeline.deliver(message)
        },
        stateFolder,
      }),
    )
  return createRoster({ collect, keep: parts.keep })
}

/**
 * @param masterData what badges and codes are looked up in
 * @param watchOf who looks on at a station
 */
export function createScannerRoster(
  masterData: MasterData,
  world: Pick<World, 'clock' | 'random' | 'log' | 'scanners'>,
  { pipeline, links, parts, watchOf }: RosterNeeds & { readonly watchOf: (map: StationMap) => ScanWatch },
): ScannerRoster {
  const badgesAnywhere = () =>
    pipeline.subjects.filter(isStationSubject).flatMap(({ map }) => map.operator.badges)
  const records = new Map<string, ScannerRecord>()
  /** What was scanned, and refused, is still to be seen after somebody has changed the map. */
  const recordOf = ({ port }: StationMap) => {
    const record = records.get(port.id) ?? new ScannerRecord(port, world.clock)
    records.set(port.id, record)
    return record
  }
  const collect = (map: StationMap) =>
    links.endingWith(
      map.port,
      collectScanner({
        ...world,
        map,
        record: recordOf(map),
        transport: found(world.scanners.all, ({ key }) => key === map.port.transport, map.port.transport),
        readScan: (raw) => readScan(map, raw, masterData, badgesAnywhere()),
        deliver: (scan) => deliverScan(map, scan, pipeline),
        watch: watchOf(map),
        linkChanged: (change) => links.changed(map.port, { ...change, at: world.clock.now() }),
      }),
    )
  return createRoster({ collect, keep: parts.keep })
}

/** How the machine stands is looked at in the moment in which the scan is judged: what the station promises then holds. */
function deliverScan({ station }: StationMap, scan: UnderstoodScan, pipeline: Pipeline): Receipt {
  const standing = station.machine === null ? null : standingAt(station.machine, scan.at, pipeline)
  return pipeline.deliver({ ...scan, machine: standing })
}

/** A machine whose map has still to be read is in shadow if it was: not even a scan of that moment may name it. */
function standingAt(code: string, at: Instant, pipeline: Pipeline): MachineStanding | null {
  const machine = pipeline.subjectOf(machineOwner(code))
  if (machine && isMachineSubject(machine)) return machine.standing(at)
  const isShadow = isSavedInShadow(pipeline.absent.get(machineOwner(code)))
  return isShadow ? { ...unknownStanding(code), isShadow } : null
}

/** Maps are only compiled for what there is. */
function found<Kind>(all: readonly Kind[], isIt: (one: Kind) => boolean, name: string): Kind {
  const one = all.find(isIt)
  if (!one) throw new Error(`nothing speaks ${name}`)
  return one
}
