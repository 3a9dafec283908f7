/** What the page on which machines are connected gets of the gateway: its drivers, so that both read over one connection. */
import { connectEndpoints } from '../api/connect/endpoints.ts'
import type { ConnectParts } from '../api/connect/parts.ts'
import { connectSessions } from '../api/connect/session-endpoints.ts'
import type { Config } from '../config/config.ts'
import type { ConsoleApi } from '../console/endpoint.ts'
import type { MasterDataService } from '../masterdata/master-data.ts'
import type { Pipeline } from '../pipeline.ts'
import { BRAND_TONES } from '../scanners/brands.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import { gatewayFiles } from './own-files.ts'
import type { World } from './world.ts'

interface NeededParts {
  readonly config: Config
  readonly world: World
  readonly pipeline: Pipeline
  readonly masterData: MasterDataService
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal
}

export function connectApi(parts: NeededParts): ConsoleApi {
  const connect = connectParts(parts)
  const sessions = connectSessions(connect)
  return {
    endpoints: [...connectEndpoints(connect), ...sessions.endpoints],
    streams: sessions.streams,
  }
}

function connectParts({ config, world, pipeline, masterData, signal }: NeededParts): ConnectParts {
  const { drivers, scanners, clock, random, log, cwd } = world
  return {
    hardware: { drivers: drivers.all, transports: scanners.all, brands: BRAND_TONES },
    ...{ clock, random, log, cwd, masterData },
    stateFolder: config.dataFolder,
    devicesFolder: config.devicesFolder,
    ownFiles: gatewayFiles(config, cwd),
    organization: config.organization,
    plant: config.plant,
    maps: () => pipeline.subjects.filter(isMachineSubject).map(({ map }) => map),
    stopping: signal,
  }
}
