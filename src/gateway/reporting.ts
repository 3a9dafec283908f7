/** What the parts of the gateway say of their health, brought together for the console and the log. */
import { outboxHealth } from '../buffer/health.ts'
import type { BufferOutbox } from '../buffer/outbox.ts'
import { partTroubles } from '../console/part-troubles.ts'
import { createQualityLog } from '../console/quality-log.ts'
import { composeReport, type StatusReport } from '../console/report.ts'
import type { Health, MachineHealth, StationHealth, Trouble } from '../domain/health.ts'
import type { MapFollower } from '../maps/follow-maps.ts'
import type { MasterDataService } from '../masterdata/master-data.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Parts, Service } from '../runtime/service.ts'
import { isStationSubject } from '../scans/station-subject.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import type { Uploader } from '../uploader/upload.ts'
import type { DeviceRoster, ScannerRoster } from './rosters.ts'
import type { World } from './world.ts'

interface Reporting {
  readonly uploaders: readonly [Uploader, ...Uploader[]]
  readonly outbox: BufferOutbox
  readonly pipeline: Pipeline
  readonly devices: DeviceRoster
  readonly scanners: ScannerRoster
  readonly masterData: MasterDataService
  readonly maps: MapFollower
  readonly parts: Parts
}

/** Logs what rooms without a log say of themselves. */
export function qualityLog({ clock, log }: World, parts: Reporting): Service {
  return createQualityLog({
    machines: () => machinesOf(parts.pipeline),
    devices: () => parts.devices.health(),
    stations: () => [
      ...parts.scanners.health().troubles,
      ...stationsOf(parts.pipeline).flatMap(({ troubles }) => troubles),
      ...parts.masterData.health().troubles,
    ],
    maps: () => parts.maps.health().summary,
    clock,
    log,
  })
}

/** Makes the report; its argument is what is wrong with whoever asks for it, the console. */
export function reporter(
  gateway: string,
  { clock, version }: World,
  { uploaders, outbox, pipeline, devices, scanners, masterData, maps, parts }: Reporting,
): (own: readonly Trouble[]) => Promise<StatusReport> {
  const startedAtMs = clock.now().wallMs
  return async (own) => {
    const [central, ...others] = uploaders
    const copy = masterData.health()
    return composeReport({
      gateway,
      version,
      startedAtMs,
      nowMs: clock.now().wallMs,
      routes: [central.health(), ...others.map((uploader) => uploader.health())],
      outbox: outboxHealth(await outbox.stats()),
      machines: machinesOf(pipeline),
      devices: devices.health(),
      scanners: scanners.health(),
      stations: stationsOf(pipeline),
      maps: maps.health(),
      usersReadAtMs: copy.summary.usersReadAtMs,
      own: [...copy.troubles, ...partTroubles(parts.falling), ...own],
    })
  }
}

function machinesOf(pipeline: Pipeline): readonly Health<MachineHealth>[] {
  return pipeline.subjects.filter(isMachineSubject).map((subject) => subject.health())
}

function stationsOf(pipeline: Pipeline): readonly Health<StationHealth>[] {
  return pipeline.subjects.filter(isStationSubject).map((subject) => subject.health())
}
