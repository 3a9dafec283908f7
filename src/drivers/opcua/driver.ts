/**
 * OPC UA: subscribes to a server's nodes, or polls them where the map says so. It never writes to or calls a server, never
 * trusts a certificate by itself, and never accepts less security than the map asks for.
 */
import type { Driver, DriverContext, SettingsDoubt } from '../../domain/driver.ts'
import { type OpcUaAddress, parseOpcUaAddress } from './address.ts'
import { OpcUaExplorer } from './explore/explorer.ts'
import { OpcUaPolling } from './polling.ts'
import type { OpcUaSession } from './session/session.ts'
import { sessionFault } from './session/session-faults.ts'
import { OpcUaSessions } from './session/sessions.ts'
import { type OpcUaSettings, oddServerUrl, opcUaSettings } from './settings.ts'
import { OpcUaSubscription } from './subscription/subscription.ts'

/** The word behind `device.driver:` in a device map. */
export const OPCUA_PROTOCOL = 'opcua'

/** A driver that also lets people look around in a server. */
interface OpcUaDriver extends Driver<OpcUaSettings, OpcUaAddress>, AsyncDisposable {
  /**
   * A server's tree and values.
   * @param name how messages call it
   * @throws LinkLost
   */
  explore(
    name: string,
    settings: OpcUaSettings,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<OpcUaExplorer>
}

/** Whether a driver speaks OPC UA. */
export function isOpcUaDriver(driver: Driver): driver is OpcUaDriver {
  return driver.protocol === OPCUA_PROTOCOL
}

/** Loads nothing before the first connect. Disposing it closes the sessions that devices share. */
export function createOpcUaDriver(): OpcUaDriver {
  const sessions = new OpcUaSessions()
  return {
    protocol: OPCUA_PROTOCOL,
    settings: opcUaSettings,
    doubtsOf,
    addressKey: 'node',
    typeRequired: false,
    parseAddress: parseOpcUaAddress,
    connect: async (device, context, signal) => {
      let session: OpcUaSession | undefined
      try {
        session = await sessions.enter(device, context, signal)
        const link = device.settings.mode === 'poll' ? OpcUaPolling : OpcUaSubscription
        return await link.open({ device, context, session, signal })
      } catch (error) {
        const fault = sessionFault(device, error)
        sessions.refused(device, fault, context)
        await session?.close()
        throw fault
      }
    },
    explore: (name, settings, context, signal) =>
      OpcUaExplorer.open(sessions, { name, settings, context, signal }),
    [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose](),
  }
}

function doubtsOf(settings: OpcUaSettings): readonly SettingsDoubt[] {
  return [...oddServerUrl(settings), ...readablePassword(settings)]
}

function readablePassword({ security, user }: OpcUaSettings): readonly SettingsDoubt[] {
  if (security !== 'None' || user === undefined) return []
  const what = `the password of ${user} may go over the network readable for everybody`
  return [
    { key: 'security', what, hint: 'see what the server offers instead of None with: millrace trust URL' },
  ]
}
