/**
 * Servers whose subscriptions go on and sample nothing: some do so after a download, or when they run out of memory. Their
 * devices are polled for a while, by which the machine is seen, and then the subscription gets another chance.
 */
import type { DriverContext } from '../../../domain/driver.ts'
import type { OpcUaDevice } from '../session/session.ts'

/** At the next connect after this time it is subscribed again. */
const POLLED_FOR_MS = 3_600_000

/** One for each driver. */
export class FrozenSubscriptions {
  /** By device and server, until when, by the monotonic clock. */
  readonly #untilMs = new Map<string, number>()

  note(device: OpcUaDevice, { now, log }: DriverContext): void {
    this.#untilMs.set(keyOf(device), now().monoMs + POLLED_FOR_MS)
    log.warn(
      { event: 'opcua-subscription-frozen', device: device.id },
      `${device.id}: the subscription goes on, but what its nodes show does not come; it is polled from now on; ` +
        'look into the server why, or write mode: poll',
    )
  }

  has(device: OpcUaDevice, { now }: Pick<DriverContext, 'now'>): boolean {
    return (this.#untilMs.get(keyOf(device)) ?? 0) > now().monoMs
  }
}

function keyOf({ id, settings }: OpcUaDevice): string {
  return JSON.stringify([id, settings.url])
}
