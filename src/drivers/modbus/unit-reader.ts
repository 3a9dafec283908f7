/** One unit of a line, for a person who looks for registers: asks for any block, and says what each refusal means. */
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { ModbusAddress } from './address.ts'
import { AnswerTimes } from './answer-times.ts'
import { isLasting } from './exceptions.ts'
import type { ModbusLines } from './lines.ts'
import { type Effort, exceptionComplaint, type UnitLink } from './link.ts'
import type { ReadRequest } from './request.ts'
import type { ModbusSettings } from './settings.ts'

/** What came of one block. */
type BlockAnswer =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | {
      readonly kind: 'refused'
      /** The exception's number, where the device sent one. */
      readonly exception: number | undefined
      /** Whether it will be refused again as long as nobody changes anything. */
      readonly isLasting: boolean
      /** What it means for one address. */
      readonly why: (address: ModbusAddress) => string
    }

/** Disposing it leaves the line, which closes where nobody else is on it. */
export class UnitReader implements AsyncDisposable {
  readonly settings: ModbusSettings
  readonly #link: UnitLink
  readonly #name: string

  private constructor(name: string, settings: ModbusSettings, link: UnitLink) {
    this.#name = name
    this.settings = settings
    this.#link = link
  }

  /**
   * Enters the line of the unit, or opens it.
   * @param name how messages call the device
   * @throws LinkLost
   */
  static async open<Settings extends ModbusSettings>(
    lines: ModbusLines<Settings>,
    { name, settings, context, signal }: UnitOptions<Settings>,
  ): Promise<UnitReader> {
    const device: Device<Settings> = {
      id: name,
      subject: `machine:${name}`,
      protocol: 'modbus',
      settings,
      signals: [],
      pollMs: 1_000,
    }
    const link = await lines.connect(device, { context, signal, times: new AnswerTimes(settings) })
    return new UnitReader(name, settings, link)
  }

  /**
   * Asks for one block.
   * @throws LinkLost when the unit answers nothing at all, or the line is gone
   */
  async ask(request: ReadRequest, effort: Effort = {}): Promise<BlockAnswer> {
    const end = await this.#link.ask(request, effort)
    if (end.kind === 'data') return { kind: 'data', bytes: Buffer.from(end.bytes) }
    if (end.kind === 'exception') {
      const why = exceptionComplaint(end.code)
      return { kind: 'refused', exception: end.code, isLasting: isLasting(end.code), why }
    }
    if (this.#link.answeredAt === undefined) {
      const { code, message, hint, cause } = end.fault
      throw new LinkLost(`${this.#name}: ${message}`, { code, hint, cause })
    }
    return { kind: 'refused', exception: undefined, isLasting: false, why: end.complaint }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.drop(new LinkLost(`${this.#name}: closed`))
  }
}

interface UnitOptions<Settings> {
  readonly name: string
  readonly settings: Settings
  readonly context: DriverContext
  readonly signal: AbortSignal
}
