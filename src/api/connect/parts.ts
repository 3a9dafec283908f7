/** What the endpoints behind the page *Connect* get of the gateway. */
import type { DriverContext } from '../../domain/driver.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import { type GatewayFiles, mayName } from '../../maps/edit/site-files.ts'
import type { Hardware } from '../../maps/map-kind.ts'
import type { MasterDataService } from '../../masterdata/master-data.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { LiveParts } from '../../workbench/live/live-map.ts'

export interface ConnectParts {
  /** Its drivers are those with which the gateway collects: what both read goes over one connection. */
  readonly hardware: Hardware
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** Where drivers keep their certificates. */
  readonly stateFolder: string
  readonly devicesFolder: string
  /** Of the gateway itself: no device may be given what stands in them. */
  readonly ownFiles: GatewayFiles
  /** Files are named relative to it. */
  readonly cwd: string
  readonly organization: string
  readonly plant: string
  readonly masterData: Pick<MasterDataService, 'machinesOfPlant'>
  /** Those in force. */
  readonly maps: () => readonly MachineMap[]
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal
}

export function driverContext({ clock, log, stateFolder }: ConnectParts): DriverContext {
  return { ...clock, log, stateFolder }
}

/** What a device is played or recorded with. */
export function liveParts({ hardware, clock, random, log, stateFolder }: ConnectParts): LiveParts {
  return { drivers: hardware.drivers, clock, random, log, stateFolder }
}

/** Whether a device that is only tried may be given what stands in a file. */
export function mayBeGiven(file: string, { devicesFolder, cwd, ownFiles }: ConnectParts): boolean {
  return mayName(file, { folder: devicesFolder, cwd, own: ownFiles })
}
