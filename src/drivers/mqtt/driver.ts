/**
 * MQTT: hears what machines and gateways publish to a broker. It never publishes, so that nothing of it can reach a machine.
 * Devices with the same broker and the same login share one connection.
 */
import type { Driver, DriverContext, SettingsDoubt } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { MessageListener } from '../../mqtt/incoming.ts'
import { brokerDoubts } from '../shared/brokers/broker-doubts.ts'
import { type BrokerPool, brokerLinkLost, lossOf } from '../shared/brokers/broker-pool.ts'
import { type MqttAddress, parseTopic } from './address.ts'
import type { HeardBefore } from './intake.ts'
import { type MqttDevice, MqttLink } from './link.ts'
import { type MqttSettings, mqttSettings, quietMaxMs } from './settings.ts'

/** The word behind `device.driver:` in a device map. */
export const MQTT_PROTOCOL = 'mqtt'

/** What somebody listens to, and for how long. */
interface Listening {
  readonly filter: string
  readonly context: DriverContext
  readonly signal: AbortSignal
}

/** A driver that also lets people listen to a broker. */
export interface MqttDriver extends Driver<MqttSettings, MqttAddress> {
  /**
   * Hands on all messages of a topic until disposed, beside a gateway that listens as well.
   * @throws LinkLost
   */
  listen(settings: MqttSettings, to: Listening, listener: MessageListener): Promise<AsyncDisposable>
}

/** Whether a driver speaks plain MQTT. */
export function isMqttDriver(driver: Driver): driver is MqttDriver {
  return driver.protocol === MQTT_PROTOCOL
}

/** Loads nothing before the first connect. The connections are the pool's. */
export function createMqttDriver(pool: BrokerPool): MqttDriver {
  const heard = new Map<string, HeardBefore>()

  async function connect(device: MqttDevice, context: DriverContext, signal: AbortSignal): Promise<MqttLink> {
    const { broker, session } = device.settings
    const lease = await pool.enter({ broker, session }, context, signal).catch((error: unknown) => {
      throw error instanceof LinkLost ? lossOf(device, error) : error
    })
    const before = heard.get(device.id) ?? { newest: new Map() }
    heard.set(device.id, before)
    try {
      return await MqttLink.open({ device, context, lease, before }, signal)
    } catch (error) {
      await lease[Symbol.asyncDispose]()
      throw refusedOf(device, error)
    }
  }

  async function listen(
    settings: MqttSettings,
    { filter, context, signal }: Listening,
    listener: MessageListener,
  ): Promise<AsyncDisposable> {
    const { broker } = besideGateway(settings)
    const lease = await pool.enter({ broker, session: 'clean' }, context, signal)
    await lease.subscribe([filter], listener).catch((error: unknown) => {
      throw brokerLinkLost(error)
    })
    return lease
  }

  return {
    protocol: MQTT_PROTOCOL,
    settings: mqttSettings,
    doubtsOf,
    addressKey: 'topic',
    hasMessages: true,
    typeRequired: false,
    parseAddress: parseTopic,
    quietMaxMs,
    besideGateway,
    connect,
    listen,
  }
}

/** What the broker refuses, told of the device; a loss of the link itself names it already. */
function refusedOf(device: MqttDevice, error: unknown): unknown {
  const fault = brokerLinkLost(error)
  return fault !== error && fault instanceof LinkLost ? lossOf(device, fault) : error
}

/** A second program with the client id of the gateway would throw it out, and a second reader of its session take its messages. */
function besideGateway(settings: MqttSettings): MqttSettings {
  const { clientId: _, ...broker } = settings.broker
  return { ...settings, broker, session: 'clean' }
}

function doubtsOf({ broker }: MqttSettings): readonly SettingsDoubt[] {
  return brokerDoubts(broker)
}
