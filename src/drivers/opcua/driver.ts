/**
 * OPC UA: subscribes to a server's nodes, or polls them where the map says so. It never writes to or calls a server, never
 * trusts a certificate by itself, and never accepts less security than the map asks for.
 */
import type { DeviceLink, Driver, DriverContext, SettingsDoubt } from '../../domain/driver.ts'
import { type OpcUaAddress, parseSignalAddress } from './address.ts'
import { OpcUaExplorer } from './explore/explorer.ts'
import { type LinkOptions, OpcUaPolling } from './polling.ts'
import { RedundantLink } from './redundancy/redundant-link.ts'
import { ServerChoice } from './redundancy/server-choice.ts'
import type { OpcUaDevice } from './session/session.ts'
import { sessionFault } from './session/session-faults.ts'
import { OpcUaSessions } from './session/sessions.ts'
import { type OpcUaSettings, oddServerUrls, opcUaSettings } from './settings.ts'
import { SubscribedOrPolled } from './subscribed-or-polled.ts'
import { FrozenSubscriptions } from './subscription/frozen-subscriptions.ts'

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
  const choice = new ServerChoice(sessions)
  const frozen = new FrozenSubscriptions()
  const subscribed = new SubscribedOrPolled(sessions)

  /** Whatever goes wrong in a session is its link's fault, and closes it. */
  async function open(within: Omit<LinkOptions, 'frozen'>): Promise<DeviceLink> {
    const { device, context, session } = within
    const options = { ...within, frozen: () => frozen.note(device, context) }
    const isFrozen = frozen.has(device, context)
    if (isFrozen) session.remark('polled, because its subscription samples nothing')
    const isPolled = device.settings.mode === 'poll' || isFrozen
    try {
      return await (isPolled ? OpcUaPolling.open(options) : subscribed.open(options))
    } catch (error) {
      const fault = sessionFault(device, error)
      sessions.refused(device, fault, context)
      await session.close()
      throw fault
    }
  }

  async function connectTo(device: OpcUaDevice, context: DriverContext, signal: AbortSignal) {
    const session = await sessions.enter(device, context, signal).catch((error: unknown) => {
      const fault = sessionFault(device, error)
      sessions.refused(device, fault, context)
      throw fault
    })
    return open({ device, context, session, signal })
  }

  async function connectToFittest(device: OpcUaDevice, context: DriverContext, signal: AbortSignal) {
    const entered = await choice.enter(device, context, signal)
    const link = await open({ ...entered, context, signal })
    return new RedundantLink({ link, entered, choice, context })
  }

  return {
    protocol: OPCUA_PROTOCOL,
    settings: opcUaSettings,
    doubtsOf,
    addressKey: 'node',
    hasAlarms: true,
    typeRequired: false,
    parseAddress: parseSignalAddress,
    connect: (device, context, signal) =>
      device.settings.urls ? connectToFittest(device, context, signal) : connectTo(device, context, signal),
    explore: (name, settings, context, signal) =>
      OpcUaExplorer.open(sessions, { name, settings, context, signal }),
    [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose](),
  }
}

function doubtsOf(settings: OpcUaSettings): readonly SettingsDoubt[] {
  return [...oddServerUrls(settings), ...noPassword(settings), ...readablePassword(settings)]
}

function noPassword({ user, passwordFile }: OpcUaSettings): readonly SettingsDoubt[] {
  if (user === undefined || passwordFile !== undefined) return []
  return [
    { key: 'user', what: `${user} logs in with an empty password`, hint: 'add password_file if it has one' },
  ]
}

function readablePassword({ security, user, passwordFile }: OpcUaSettings): readonly SettingsDoubt[] {
  if (security !== 'None' || user === undefined || passwordFile === undefined) return []
  const what = `the password of ${user} may go over the network readable for everybody`
  return [
    { key: 'security', what, hint: 'see what the server offers instead of None with: millrace trust URL' },
  ]
}
