/** The lines of one transport: all units behind one endpoint share one. */
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import type { AnswerTimes } from './answer-times.ts'
import { ModbusLine } from './line.ts'
import { type LineFault, ownRivalFault } from './line-faults.ts'
import { UnitLink } from './link.ts'
import { Openings } from './openings.ts'
import type { ModbusSettings } from './settings.ts'
import type { Transport } from './transports/transport.ts'
import { Unanswered } from './unanswered.ts'

/** Disposing it closes all lines. */
export class ModbusLines<Settings extends ModbusSettings> implements AsyncDisposable {
  readonly #transport: Transport<Settings>
  /** By endpoint. */
  readonly #lines = new Map<string, ModbusLine<Settings>>()
  /** What is known of each endpoint, over all its lines. */
  readonly #known = new Map<string, { readonly openings: Openings; readonly unanswered: Unanswered }>()

  constructor(transport: Transport<Settings>) {
    this.#transport = transport
  }

  /**
   * Puts a unit on its line, which is opened where no other unit has done so.
   * @throws LinkLost
   */
  async connect(
    device: Device<Settings>,
    { context, signal, times }: { context: DriverContext; signal: AbortSignal; times: AnswerTimes },
  ): Promise<UnitLink> {
    // A serial port can be opened again only once it is closed.
    const before = this.#lines.get(this.#transport.endpointOf(device.settings))
    if (before?.isOver) await before.closed()
    const line = this.#lineFor(device.settings, context)
    return UnitLink.open(device, line, { hints: this.#transport, context, signal, times })
  }

  /** Closes what is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.close()))
  }

  #lineFor(settings: Settings, context: DriverContext): ModbusLine<Settings> {
    const endpoint = this.#transport.endpointOf(settings)
    const existing = this.#lines.get(endpoint)
    if (existing && !existing.isOver) return existing
    const known = this.#known.get(endpoint) ?? { openings: new Openings(), unanswered: new Unanswered() }
    this.#known.set(endpoint, known)
    const line: ModbusLine<Settings> = new ModbusLine({
      transport: this.#transport,
      settings,
      context,
      ...known,
      explain: (fault) => this.#explain(fault, line),
    })
    this.#lines.set(endpoint, line)
    return line
  }

  /** A device that takes no further client may have us as the first: its host can be written in several ways. */
  #explain(fault: LineFault, line: ModbusLine<Settings>): LineFault {
    if (fault.peer === undefined) return fault
    const rival = [...this.#lines.values()].find((other) => other !== line && other.peer === fault.peer)
    return rival ? ownRivalFault(fault, rival.endpoint) : fault
  }
}
