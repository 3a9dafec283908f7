/**
 * Sparkplug B: listens to an edge node, or to a device behind one, at a broker. It publishes nothing, unless a map says
 * `rebirth: request`: then it asks for a birth that it does not know, and never for anything else.
 */
import { AddressFault, type DeviceLink, type Driver, type DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { brokerDoubts } from '../shared/brokers/broker-doubts.ts'
import { type BrokerPool, brokerLinkLost, lossOf } from '../shared/brokers/broker-pool.ts'
import { within } from '../shared/within.ts'
import { absenceOf, type SparkplugDevice, SparkplugLink } from './link.ts'
import { NodeSubscriptions } from './node-subscriptions.ts'
import { type SparkplugDeviceSettings, sparkplugSettings } from './settings.ts'

/** The word behind `device.driver:` in a device map. */
export const SPARKPLUG_PROTOCOL = 'sparkplug'

/** Opening the connection has bounds of its own; this is for all of it together. */
const CONNECT_MAX_MS = 60_000

/** Loads nothing before the first connect. Disposing it leaves the connections, which are the pool's. */
export function createSparkplugDriver(
  brokers: BrokerPool,
): Driver<SparkplugDeviceSettings, string> & AsyncDisposable {
  const nodes = new NodeSubscriptions(brokers)
  return {
    protocol: SPARKPLUG_PROTOCOL,
    settings: sparkplugSettings,
    addressKey: 'metric',
    typeRequired: false,
    parseAddress: (text, { type }) => {
      if (type === undefined) return text
      throw new AddressFault('its birth says of which type a metric is', 'remove "type"')
    },
    doubtsOf: ({ broker }) => brokerDoubts(broker),
    besideGateway,
    quietMaxMs: ({ staleAfterMs }) => staleAfterMs,
    connect: async (device, context, signal) => {
      const opening = open(nodes, device, context, signal)
      const late = () => new LinkLost(`${device.id}: the broker does not answer`, { code: 'link-timeout' })
      try {
        return await within({ ms: CONNECT_MAX_MS, context, signal }, opening, late)
      } catch (error) {
        // A link that comes later is nobody's.
        opening.then(
          (link) => link[Symbol.asyncDispose](),
          () => {},
        )
        throw error
      }
    },
    [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose](),
  }
}

/** A second program with the client id of the gateway would throw it out. */
function besideGateway(settings: SparkplugDeviceSettings): SparkplugDeviceSettings {
  const { clientId: _, ...broker } = settings.broker
  return { ...settings, broker }
}

async function open(
  nodes: NodeSubscriptions,
  device: SparkplugDevice,
  context: DriverContext,
  signal: AbortSignal,
): Promise<DeviceLink> {
  const { node, leave } = await nodes.follow(device.settings, context).catch((error: unknown) => {
    const fault = brokerLinkLost(error)
    throw fault instanceof LinkLost ? lossOf(device, fault) : fault
  })
  const absence = absenceOf(device, node, context.now())
  if (!absence) return new SparkplugLink({ device, context, node, leave, signal })
  // An old will may have come late, while the node lives.
  const isDead = node.standing(device.settings.device ?? null).kind === 'dead'
  if (isDead && device.settings.rebirth === 'request') node.askForBirth(context.now())
  leave()
  throw absence
}
