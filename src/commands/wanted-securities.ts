/** Which devices of the maps are at an OPC UA server, and the security that each asks for. */
import { OPCUA_PROTOCOL } from '../drivers/opcua/driver.ts'
import type { OpcUaSettings } from '../drivers/opcua/settings.ts'
import { loadMaps } from '../maps/map-files.ts'
import { isMachineMap } from '../maps/map-kind.ts'
import { knownHardware } from './hardware.ts'

/** A device, and the security policy that its map asks for. */
export interface WantedSecurity {
  readonly device: string
  readonly security: string
}

/** @param folder that of the device maps; maps with faults are passed over */
export function wantedSecurities(folder: string, url: string, cwd: string): readonly WantedSecurity[] {
  const devices = loadMaps({ folder, ...knownHardware(), cwd })
    .maps.map(({ map }) => map)
    .filter(isMachineMap)
    .flatMap((map) => map.devices)
  return devices
    .filter(({ protocol }) => protocol === OPCUA_PROTOCOL)
    .map(({ id, settings }) => ({ id, ...(settings as OpcUaSettings) }))
    .filter((device) => (device.urls ?? [device.url]).some((one) => withoutSlash(one) === withoutSlash(url)))
    .map(({ id, security }) => ({ device: id, security }))
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '').toLowerCase()
}
