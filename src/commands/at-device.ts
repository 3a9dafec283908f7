/** What the commands for people at a machine share: how a device is named, and what is opened and closed around one call. */
import type { ParseArgsConfig } from 'node:util'
import { guessFolders } from '../config/load-config.ts'
import { AddressFault, type Driver, type DriverContext } from '../domain/driver.ts'
import { createDrivers } from '../drivers/index.ts'
import { OPCUA_PROTOCOL } from '../drivers/opcua/driver.ts'
import { loadMaps } from '../maps/map-files.ts'
import { isMachineMap } from '../maps/map-kind.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { makeDataFolder } from '../runtime/private-folder.ts'
import { parseDuration } from '../runtime/units.ts'
import { type AskedDevice, findAskedDevice, WorkbenchFault } from '../workbench/asked-device.ts'
import { type CommandContext, UsageError } from './command.ts'
import { knownHardware } from './hardware.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

/** For `parseArgs` of each of these commands. */
export const DEVICE_OPTIONS = {
  ...CONFIG_OPTION,
  addressing: { type: 'string' },
  'word-order': { type: 'string' },
  security: { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

/** How the options that name a device are explained. */
export const DEVICE_USAGE = `    URL: modbus://HOST[:PORT]/UNIT, modbus-rtu:///dev/ttyUSB0?baud=9600&parity=even&unit=1,
         modbus-rtu-over-tcp://HOST:PORT/UNIT, opc.tcp://HOST:PORT, mqtt://HOST (browse only), or a machine
         of the maps: PRESS-07
         behind ? stand the keys of a map below device:
    --addressing modicon | one_based | zero_based | hex: how the manual counts
    --word-order ABCD | CDAB | BADC | DCBA
    --security Basic256Sha256 | …, --user NAME --password-file FILE: as in a map
    --config config/gateway.yaml: where the maps and the certificates of this site are`

interface DeviceValues {
  readonly config?: string | undefined
  readonly addressing?: string | undefined
  readonly 'word-order'?: string | undefined
  readonly security?: string | undefined
  readonly user?: string | undefined
  readonly 'password-file'?: string | undefined
}

/** A device that was named, and what it is asked with. */
interface AtDevice {
  readonly asked: AskedDevice
  readonly context: DriverContext
}

/** Where the files of this site are, also where its configuration is not there or has faults. */
export function siteFolders(values: { readonly config?: string | undefined }, { env, cwd }: CommandContext) {
  return guessFolders({ file: configFile(values, cwd), env, cwd })
}

/** Opens nothing by itself; whatever `work` opens is closed behind it. */
export async function atDevice<T>(
  written: string,
  values: DeviceValues,
  command: CommandContext,
  work: (at: AtDevice) => Promise<T>,
): Promise<T> {
  await using drivers = createDrivers()
  const asked = askedDevice(written, values, command, drivers.all)
  return await work({ asked, context: driverContext(asked.driver.protocol, values, command) })
}

/** What drivers may use of the world; what they warn of goes to the command's log. */
function driverContext(
  protocol: string,
  values: { readonly config?: string | undefined },
  command: CommandContext,
): DriverContext {
  const log = createLog('error', logStream(command))
  const { dataFolder: stateFolder } = siteFolders(values, command)
  makeStateFolderFor([protocol], stateFolder)
  return { ...systemClock, log, stateFolder }
}

/** Of all protocols OPC UA alone keeps something, this computer's certificate, and a command may come before the first start. */
export function makeStateFolderFor(protocols: readonly string[], stateFolder: string): void {
  if (protocols.includes(OPCUA_PROTOCOL)) makeDataFolder(stateFolder)
}

function askedDevice(
  written: string,
  values: DeviceValues,
  command: CommandContext,
  drivers: readonly Driver[],
): AskedDevice {
  const { cwd } = command
  const { devicesFolder: folder } = siteFolders(values, command)
  const maps = () => {
    const { maps } = loadMaps({ folder, ...knownHardware(), drivers, cwd })
    return maps.map(({ map }) => map).filter(isMachineMap)
  }
  return usable(() => findAskedDevice(written, { drivers, maps, keys: keysOf(values, cwd) }))
}

function keysOf(values: DeviceValues, cwd: string): Readonly<Record<string, unknown>> {
  const { addressing, 'word-order': order, security, user, 'password-file': file } = values
  const keys = {
    addressing,
    word_order: order?.toUpperCase(),
    security,
    user,
    password_file: file === undefined ? undefined : `${file.startsWith('/') ? '' : `${cwd}/`}${file}`,
  }
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined))
}

/** What cannot be understood is a mistake of the call, with the usage behind it. */
export function usable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WorkbenchFault || error instanceof AddressFault)) throw error
    throw new UsageError(error.hint === undefined ? error.message : `${error.message}; ${error.hint}`)
  }
}

/** A duration of an option. */
export function durationOf(option: string, text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined)
    throw new UsageError(`${option} takes a duration with its unit, such as 10s, and not "${text}"`)
  return ms
}
