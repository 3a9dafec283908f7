import type { Driver } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { type OpcUaAddress, parseOpcUaAddress } from './address.ts'
import { type OpcUaSettings, opcUaSettings } from './settings.ts'

export const opcUaDriver: Driver<OpcUaSettings, OpcUaAddress> = {
  protocol: 'opcua',
  settings: opcUaSettings,
  addressKey: 'node',
  typeRequired: false,
  parseAddress: parseOpcUaAddress,
  connect: (device) => Promise.reject(new LinkLost(`${device.id}: not reachable yet`)),
}
