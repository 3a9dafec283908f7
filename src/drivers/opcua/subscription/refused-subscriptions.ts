/**
 * Servers that have no room for one more subscription, or for its items: small ones have room for few, and a machine has a
 * subscription of its own. A machine that is refused is polled in the same session, by which it is seen, and is subscribed
 * again when its server is connected again, or has room some time later.
 */
import type { DriverContext } from '../../../domain/driver.ts'
import type { LinkLost } from '../../../domain/errors.ts'
import type { OpcUaDevice } from '../session/session.ts'

/** How long a refused device is polled before its server is asked for a subscription again. */
export const SUBSCRIBE_AGAIN_MS = 15 * 60_000

/** The codes of faults after which a server can still be read: it lacks what a subscription takes. */
const NO_ROOM: readonly string[] = ['link-subscriptions', 'link-items', 'link-overloaded', 'link-unsupported']

/** Whether a subscription was refused because the server has no room for it. */
export function isForWantOfRoom({ code }: LinkLost): boolean {
  return NO_ROOM.includes(code)
}

/** One for each driver. It says what is news, and not the same at each reconnect. */
export class RefusedSubscriptions {
  /** The code with which each device was refused last, by its id and server. */
  readonly #refused = new Map<string, string>()

  /**
   * The device is polled from now on.
   * @returns what people should know of it while it is
   */
  note(device: OpcUaDevice, { code, message, hint }: LinkLost, { log }: DriverContext): string {
    const what = message.replace(`${device.id}: ${device.settings.url} `, 'the server ')
    const minutes = SUBSCRIBE_AGAIN_MS / 60_000
    const words = `polled, because ${what}: ${hint}; it is asked again every ${minutes} minutes`
    const isNews = this.#refused.get(keyOf(device)) !== code
    this.#refused.set(keyOf(device), code)
    log[isNews ? 'warn' : 'debug'](
      { event: 'opcua-subscription-refused', device: device.id, code },
      `${device.id}: ${words}`,
    )
    return words
  }

  /** The device has its subscription. */
  taken(device: OpcUaDevice, { log }: DriverContext): void {
    if (!this.#refused.delete(keyOf(device))) return
    log.info(
      { event: 'opcua-subscription-taken', device: device.id },
      `${device.id}: the server has room for its subscription now, and it is no longer polled`,
    )
  }
}

function keyOf({ id, settings }: OpcUaDevice): string {
  return JSON.stringify([id, settings.url])
}
