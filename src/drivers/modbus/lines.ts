/** The lines of one transport: all units behind one endpoint share one. */
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { ModbusLine } from './line.ts'
import { UnitLink } from './link.ts'
import type { ModbusSettings } from './settings.ts'
import type { Transport } from './transports/transport.ts'

/** Disposing it closes all lines. */
export class ModbusLines<Settings extends ModbusSettings> implements AsyncDisposable {
  readonly #transport: Transport<Settings>
  /** By endpoint. */
  readonly #lines = new Map<string, ModbusLine<Settings>>()

  constructor(transport: Transport<Settings>) {
    this.#transport = transport
  }

  /**
   * Puts a unit on its line, which is opened where no other unit has done so.
   * @throws LinkLost
   */
  async connect(device: Device<Settings>, context: DriverContext, signal: AbortSignal): Promise<UnitLink> {
    // A serial port can be opened again only once it is closed.
    const before = this.#lines.get(this.#transport.endpointOf(device.settings))
    if (before?.isOver) await before.closed()
    const line = this.#lineFor(device.settings, context)
    return UnitLink.open(device, line, { hints: this.#transport, context, signal })
  }

  /** Closes what is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.close()))
  }

  #lineFor(settings: Settings, context: DriverContext): ModbusLine<Settings> {
    const endpoint = this.#transport.endpointOf(settings)
    const existing = this.#lines.get(endpoint)
    if (existing && !existing.isOver) return existing
    const line = new ModbusLine(this.#transport, settings, context)
    this.#lines.set(endpoint, line)
    return line
  }
}
