/** Whose links are kept up: what a collector is made of, and where what it brings goes. */
import { collectDevice } from '../collector/collect-device.ts'
import { collectScanner, type ScannerCollector } from '../collector/collect-scanner.ts'
import { type Collector, createRoster, type Roster } from '../collector/roster.ts'
import { ScannerRecord } from '../collector/scanner-record.ts'
import type { Device } from '../domain/device.ts'
import type { DeviceHealth } from '../domain/health.ts'
import type { MasterData } from '../domain/master-data.ts'
import { machineOwner } from '../domain/owner.ts'
import type { UnderstoodScan } from '../domain/scan.ts'
import type { StationMap } from '../domain/station-map.ts'
import type { Receipt } from '../domain/subject.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Parts } from '../runtime/service.ts'
import { readScan } from '../scans/read-scan.ts'
import { isStationSubject } from '../scans/station-subject.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import type { World } from './world.ts'

/** The devices of all machines. */
export type DeviceRoster = Roster<Device, Collector<DeviceHealth>>
/** The scanners of all stations. */
export type ScannerRoster = Roster<StationMap, ScannerCollector>

interface RosterNeeds {
  readonly pipeline: Pipeline
  readonly parts: Parts
}

/** @param stateFolder where drivers keep their certificates */
export function createDeviceRoster(
  stateFolder: string,
  world: World,
  { pipeline, parts }: RosterNeeds,
): DeviceRoster {
  const collect = (device: Device) =>
    collectDevice({
      ...world,
      device,
      driver: found(world.drivers.all, ({ protocol }) => protocol === device.protocol, device.protocol),
      deliver: (message) => pipeline.deliver(message),
      stateFolder,
    })
  return createRoster({ collect, keep: parts.keep })
}

/** @param masterData what badges and codes are looked up in */
export function createScannerRoster(
  masterData: MasterData,
  world: World,
  { pipeline, parts }: RosterNeeds,
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
    collectScanner({
      ...world,
      map,
      record: recordOf(map),
      transport: found(world.scanners.all, ({ key }) => key === map.port.transport, map.port.transport),
      readScan: (raw) => readScan(map, raw, masterData, badgesAnywhere()),
      deliver: (scan) => deliverScan(map, scan, pipeline),
    })
  return createRoster({ collect, keep: parts.keep })
}

/** How the machine stands is looked at in the moment in which the scan is judged: what the station promises then holds. */
function deliverScan({ station }: StationMap, scan: UnderstoodScan, pipeline: Pipeline): Receipt {
  const machine = station.machine === null ? undefined : pipeline.subjectOf(machineOwner(station.machine))
  const standing = machine && isMachineSubject(machine) ? machine.standing(scan.at) : null
  return pipeline.deliver({ ...scan, machine: standing })
}

/** Maps are only compiled for what there is. */
function found<Kind>(all: readonly Kind[], isIt: (one: Kind) => boolean, name: string): Kind {
  const one = all.find(isIt)
  if (!one) throw new Error(`nothing speaks ${name}`)
  return one
}
