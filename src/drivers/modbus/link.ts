/** One unit's link to its line: what a device's polling reads through, whatever carries it. */
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { Area } from './address.ts'
import type { LineUser, ModbusLine } from './line.ts'
import { gatewayFault, LineFault, linkLost } from './line-faults.ts'
import type { ModbusSettings } from './settings.ts'
import type { ModbusAnswer } from './transports/transport.ts'

/** What a unit needs of its line. */
type UnitLine = Pick<ModbusLine, 'endpoint' | 'enter' | 'leave' | 'read'>

/** A link to one unit. Once dropped it is never used again. */
export class UnitLink implements LineUser {
  readonly #device: Device<ModbusSettings>
  readonly #line: UnitLine
  readonly #context: DriverContext
  /** Ends with a fault what the device waits for at the moment: that the line opens, an answer, or the next poll. */
  #interrupt: (fault: unknown) => void = () => {}
  #isDropped = false
  #fault: unknown

  private constructor(device: Device<ModbusSettings>, line: UnitLine, context: DriverContext) {
    this.#device = device
    this.#line = line
    this.#context = context
  }

  /**
   * Enters the line, and waits until it is open.
   * @throws LinkLost
   */
  static async open(
    device: Device<ModbusSettings>,
    line: UnitLine,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<UnitLink> {
    const link = new UnitLink(device, line, context)
    const stop = () => link.drop(new LinkLost(`${device.id}: stopped while connecting`))
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    try {
      await link.#entered()
      return link
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /**
   * Reads registers or bits. One call at a time.
   * @throws LinkLost when there is no answer in time, a malformed one, or no line any more
   */
  read(area: Area, start: number, count: number): Promise<ModbusAnswer> {
    const { unit, timeoutMs } = this.#device.settings
    return this.#unlessLost((answered) => {
      this.#line.read({ user: this, unit, request: { area, start, count }, timeoutMs, answered })
    })
  }

  /**
   * Waits between requests.
   * @throws LinkLost as soon as the line is lost
   */
  async idle(ms: number): Promise<void> {
    // Timers count whole milliseconds and drop the rest.
    const wholeMs = Math.max(1, Math.ceil(ms))
    let cancel = () => {}
    try {
      await this.#unlessLost<void>((resolve) => {
        cancel = this.#context.after(wholeMs, resolve)
      })
    } finally {
      cancel()
    }
  }

  /** Leaves the line; whatever the device waits for ends with this fault. Only the first one counts. */
  drop(fault: unknown): unknown {
    if (this.#isDropped) return this.#fault
    this.#isDropped = true
    this.#fault = fault
    this.#line.leave(this)
    this.#interrupt(fault)
    return fault
  }

  /** Leaves the line because a gateway at its end answers that it does not hear this unit. */
  dropForGateway(exception: number): unknown {
    return this.lost(gatewayFault(this.#line.endpoint, this.#device.settings.unit, exception))
  }

  lost(error: unknown): unknown {
    return this.drop(error instanceof LineFault ? linkLost(this.#device.id, error) : error)
  }

  #entered(): Promise<void> {
    return this.#unlessLost((entered) => this.#line.enter(this, entered))
  }

  /** What `begin` resolves, unless the link is lost before. */
  #unlessLost<T>(begin: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isDropped) {
        reject(this.#fault)
        return
      }
      this.#interrupt = reject
      begin(resolve)
    })
  }
}
