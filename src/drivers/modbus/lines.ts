/** The lines of one transport: opens them, and lets units at one endpoint share theirs where the transport wants it. */
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { ModbusLine } from './line.ts'
import { UnitLink } from './link.ts'
import type { ModbusSettings } from './settings.ts'
import type { Transport } from './transports/transport.ts'

/** Disposing it closes all lines that units share. */
export class ModbusLines<Settings extends ModbusSettings> implements AsyncDisposable {
  readonly #transport: Transport<Settings>
  /** Lines that units may share, by endpoint. One that is not shared belongs to its only unit. */
  readonly #shared = new Map<string, ModbusLine<Settings>>()

  constructor(transport: Transport<Settings>) {
    this.#transport = transport
  }

  /**
   * Puts a unit on its line, which is opened where no other unit has done so.
   * @throws LinkLost
   */
  async connect(device: Device<Settings>, context: DriverContext, signal: AbortSignal): Promise<UnitLink> {
    // A serial port can be opened again only once it is closed.
    const before = this.#shared.get(this.#transport.endpointOf(device.settings))
    if (before?.isOver) await before.closed()
    return UnitLink.open(device, this.#lineFor(device.settings, context), context, signal)
  }

  /** Closes what is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#shared.values()].map((line) => line.close()))
  }

  #lineFor(settings: Settings, context: DriverContext): ModbusLine<Settings> {
    if (!this.#transport.isShared) return new ModbusLine(this.#transport, settings, context)
    const endpoint = this.#transport.endpointOf(settings)
    const existing = this.#shared.get(endpoint)
    if (existing && !existing.isOver) return existing
    const line = new ModbusLine(this.#transport, settings, context)
    this.#shared.set(endpoint, line)
    return line
  }
}
