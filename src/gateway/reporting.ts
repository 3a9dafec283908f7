/** What the parts of the gateway say of their health, brought together for the console and the log. */
import { outboxHealth } from '../buffer/health.ts'
import type { BufferOutbox } from '../buffer/outbox.ts'
import { partTroubles } from '../console/part-troubles.ts'
import { createQualityLog } from '../console/quality-log.ts'
import type { ReportParts } from '../console/report.ts'
import { LINKS } from '../domain/connection.ts'
import type { Health, MachineHealth, StationHealth, Trouble } from '../domain/health.ts'
import type { MapFollower } from '../maps/follow-maps.ts'
import type { MasterDataService } from '../masterdata/master-data.ts'
import type { Observer } from '../metrics/observer.ts'
import type { Pair } from '../pair/pair.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { ReleaseFollower } from '../releases/follow-releases.ts'
import type { Parts, Service } from '../runtime/service.ts'
import { isStationSubject } from '../scans/station-subject.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import { forgottenShadow } from '../status/shadow-subject.ts'
import type { Uploader } from '../uploader/upload.ts'
import type { DeviceRoster, ScannerRoster } from './rosters.ts'
import type { RouteFollower } from './route-follower.ts'
import type { World } from './world.ts'

/** The parts that say something of their health. */
export interface Reporting {
  readonly uploaders: readonly [Uploader, ...Uploader[]]
  readonly routes: RouteFollower
  readonly outbox: BufferOutbox
  readonly pipeline: Pipeline
  readonly devices: DeviceRoster
  readonly scanners: ScannerRoster
  readonly masterData: MasterDataService
  readonly maps: MapFollower
  readonly releases: ReleaseFollower
  readonly recorder: Recorder | undefined
  readonly pair: Pair | undefined
  readonly observer: Observer
  readonly parts: Parts
}

/** Logs what rooms without a log say of themselves. */
export function qualityLog({ clock, log }: World, parts: Reporting): Service {
  return createQualityLog({
    machines: () => machinesOf(parts.pipeline, clock.now().wallMs),
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

/** Gathers what the report is made of. The troubles of the console are its argument, since the console is what asks. */
export function gatherer(
  gateway: string,
  { clock, version }: World,
  {
    uploaders,
    routes,
    outbox,
    pipeline,
    devices,
    scanners,
    masterData,
    maps,
    releases,
    recorder,
    pair,
    observer,
    parts,
  }: Reporting,
): (own: readonly Trouble[]) => Promise<ReportParts> {
  const startedAtMs = clock.now().wallMs
  return async (own) => {
    const nowMs = clock.now().wallMs
    const [central, ...others] = uploaders
    const copy = masterData.health()
    return {
      gateway,
      version,
      startedAtMs,
      nowMs,
      routes: [central.health(), ...others.map((uploader) => uploader.health())],
      routeFiles: routes.health(),
      outbox: outboxHealth(await outbox.stats()),
      machines: machinesOf(pipeline, nowMs),
      devices: devices.health(),
      scanners: scanners.health(),
      stations: stationsOf(pipeline),
      maps: maps.health(),
      configuration: releases.health(),
      pair: pair?.health(),
      usersReadAtMs: copy.summary.usersReadAtMs,
      own: [
        ...copy.troubles,
        ...linkTroubles(pipeline),
        ...(recorder?.troubles() ?? []),
        ...observer.troubles(),
        ...partTroubles(parts.falling),
        ...own,
      ],
    }
  }
}

function machinesOf(pipeline: Pipeline, nowMs: number): readonly Health<MachineHealth>[] {
  return pipeline.subjects.filter(isMachineSubject).map((subject) => {
    const { summary, troubles } = subject.health()
    return { summary, troubles: [...troubles, ...forgottenShadow(subject, nowMs)] }
  })
}

function linkTroubles(pipeline: Pipeline): readonly Trouble[] {
  return pipeline.subjectOf(LINKS)?.health().troubles ?? []
}

function stationsOf(pipeline: Pipeline): readonly Health<StationHealth>[] {
  return pipeline.subjects.filter(isStationSubject).map((subject) => subject.health())
}
