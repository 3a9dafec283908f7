/** Subscribes devices, and polls those for whose subscription their server has no room. */
import type { DeviceLink } from '../../domain/driver.ts'
import { PolledMeanwhile } from './polled-meanwhile.ts'
import { type LinkOptions, OpcUaPolling } from './polling.ts'
import type { OpcUaSession } from './session/session.ts'
import { sessionFault } from './session/session-faults.ts'
import type { OpcUaSessions } from './session/sessions.ts'
import { isForWantOfRoom, RefusedSubscriptions } from './subscription/refused-subscriptions.ts'
import { OpcUaSubscription } from './subscription/subscription.ts'

/** One for each driver. */
export class SubscribedOrPolled {
  readonly #sessions: OpcUaSessions
  readonly #refused = new RefusedSubscriptions()

  constructor(sessions: OpcUaSessions) {
    this.#sessions = sessions
  }

  /**
   * The session is left open where this fails.
   * @throws LinkLost, or Error from the library, when the device can be neither subscribed nor polled
   */
  async open(options: LinkOptions): Promise<DeviceLink> {
    const { device, context, session } = options
    try {
      return await this.#subscribe(options)
    } catch (error) {
      const fault = sessionFault(device, error)
      if (!isForWantOfRoom(fault)) throw fault
      await session.unsubscribe()
      const polling = await OpcUaPolling.open(options)
      session.remark(this.#refused.note(device, fault, context))
      const subscribe = (ended: AbortSignal) =>
        this.#subscribeBeside({ ...options, signal: AbortSignal.any([options.signal, ended]) })
      return new PolledMeanwhile({ polling, subscribe, context })
    }
  }

  async #subscribe(options: LinkOptions): Promise<OpcUaSubscription> {
    const link = await OpcUaSubscription.open(options)
    this.#refused.taken(options.device, options.context)
    return link
  }

  /** Enters the session once more for it: what is tried there, and fails, does not touch the polling of the same device. */
  async #subscribeBeside(options: LinkOptions): Promise<OpcUaSubscription | undefined> {
    const { device, context, signal } = options
    let session: OpcUaSession | undefined
    try {
      session = await this.#sessions.enter(device, context, signal)
      return await this.#subscribe({ ...options, session })
    } catch (error) {
      await session?.close()
      const event = 'opcua-subscription-refused'
      context.log.debug({ event, device: device.id, error }, `${device.id}: still polled`)
      return undefined
    }
  }
}
