/**
 * OPC UA: subscribes to a server's nodes, or polls them where the map says so.
 * It never writes to or calls a server, never trusts a certificate by itself, and never settles for less security than asked for.
 */
import type { Driver } from '../../domain/driver.ts'
import { type OpcUaAddress, parseOpcUaAddress } from './address.ts'
import { OpcUaPolling } from './polling.ts'
import { OpcUaSession } from './session.ts'
import { sessionFault } from './session-faults.ts'
import { type OpcUaSettings, opcUaSettings } from './settings.ts'
import { OpcUaSubscription } from './subscription.ts'

export const opcUaDriver: Driver<OpcUaSettings, OpcUaAddress> = {
  protocol: 'opcua',
  settings: opcUaSettings,
  addressKey: 'node',
  typeRequired: false,
  parseAddress: parseOpcUaAddress,
  connect: async (device, context, signal) => {
    const session = await OpcUaSession.open(device, context, signal)
    const Connection = device.settings.mode === 'poll' ? OpcUaPolling : OpcUaSubscription
    try {
      return await Connection.open({ device, context, session, signal })
    } catch (error) {
      await session.close()
      throw sessionFault(device, error)
    }
  },
}
