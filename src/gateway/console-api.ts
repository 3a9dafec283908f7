/** What the console serves below `/api/v1`: each area of `src/api` gets what it needs of the gateway's parts, and no more. */
import { lineEndpoints, lineStreams } from '../api/line/endpoints.ts'
import { machineEndpoints, machineStreams } from '../api/machine/endpoints.ts'
import { machineRowsEndpoints } from '../api/machine/rows.ts'
import { machineShadowEndpoints } from '../api/machine/shadow.ts'
import { mapsEndpoints, mapsStreams } from '../api/maps/endpoints.ts'
import { troublesEndpoints } from '../api/troubles/endpoints.ts'
import { whatIfEndpoints } from '../api/what-if/endpoints.ts'
import type { BufferOutbox } from '../buffer/outbox.ts'
import type { Config } from '../config/config.ts'
import type { ConsoleApi, Endpoint, EventStream } from '../console/endpoint.ts'
import type { StatusReport } from '../console/report.ts'
import type { History } from '../history/history.ts'
import type { ConsoleSaves } from '../maps/edit/console-saves.ts'
import type { MapFollower } from '../maps/follow-maps.ts'
import type { MasterDataService } from '../masterdata/master-data.ts'
import type { Pipeline } from '../pipeline.ts'
import type { ReleaseFollower } from '../releases/follow-releases.ts'
import type { Uploader } from '../uploader/upload.ts'
import { connectApi } from './connect-parts.ts'
import { deliveryApi, scannersApi } from './console-parts.ts'
import type { ConsoleWatches } from './console-watches.ts'
import { mapEditing } from './map-editing.ts'
import type { DeviceRoster, ScannerRoster } from './rosters.ts'
import type { RouteFollower } from './route-follower.ts'
import type { World } from './world.ts'

/** Everything of the gateway that an area may be given. */
interface GatewayParts {
  readonly config: Config
  readonly world: World
  readonly uploaders: readonly [Uploader, ...Uploader[]]
  readonly routes: RouteFollower
  readonly outbox: BufferOutbox
  readonly pipeline: Pipeline
  readonly devices: DeviceRoster
  readonly scanners: ScannerRoster
  readonly masterData: MasterDataService
  readonly maps: MapFollower
  readonly releases: ReleaseFollower
  readonly history: History
  /** Who has saved which map in the console. */
  readonly mapSaves: ConsoleSaves
  readonly report: () => Promise<StatusReport>
  readonly watches: ConsoleWatches
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal
}

/** What one area serves. */
interface Area {
  readonly endpoints: readonly Endpoint[]
  readonly streams?: readonly EventStream[]
}

export function consoleApi(parts: GatewayParts): ConsoleApi {
  const areas = areasOf(parts)
  return {
    endpoints: areas.flatMap(({ endpoints }) => endpoints),
    streams: areas.flatMap(({ streams = [] }) => streams),
  }
}

/** Each area adds its line. */
function areasOf(parts: GatewayParts): readonly Area[] {
  const line = lineParts(parts)
  const machine = { ...parts, clock: parts.world.clock }
  const maps = mapEditing(parts)
  return [
    { endpoints: troublesEndpoints(parts) },
    { endpoints: lineEndpoints(line), streams: lineStreams(line) },
    { endpoints: machineEndpoints(machine), streams: machineStreams(machine) },
    { endpoints: [...machineRowsEndpoints(rowParts(parts)), ...machineShadowEndpoints(parts)] },
    { endpoints: mapsEndpoints(maps), streams: mapsStreams(maps) },
    { endpoints: whatIfEndpoints({ ...maps, ...whatIfParts(parts) }) },
    { endpoints: deliveryApi(parts) },
    scannersApi(parts),
    connectApi(parts),
  ]
}

function lineParts({ pipeline, maps, history, masterData, world: { clock } }: GatewayParts) {
  return { pipeline, maps, history, clock, plannedAround: (atMs: number) => masterData.plannedAround(atMs) }
}

function rowParts({ history, outbox, uploaders, routes }: GatewayParts) {
  return { history, outbox, allUploaders: () => [...uploaders, ...routes.uploaders] }
}

function whatIfParts({ config, maps }: GatewayParts) {
  return { retentionMs: config.recording?.retentionMs, mapsInForce: () => maps.health().summary.inForce }
}
