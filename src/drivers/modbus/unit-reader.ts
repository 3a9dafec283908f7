/** One unit of a line, for a person who looks for registers: asks for any block, and says what each refusal means. */
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { AnswerTimes } from './answer-times.ts'
import { isLasting } from './exceptions.ts'
import type { ModbusLines } from './lines.ts'
import { type Complaint, type Effort, exceptionComplaint, type UnitLink } from './link.ts'
import type { ReadRequest } from './request.ts'
import type { ModbusSettings } from './settings.ts'

/** What came of one block: its data, the unit's refusal, or no answer that could be used. */
type BlockAnswer =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | {
      readonly kind: 'refused'
      readonly exception: number
      /** Whether it will be refused again as long as nobody changes anything. */
      readonly isLasting: boolean
      /** What it means for one address. */
      readonly why: Complaint
    }
  | {
      readonly kind: 'unanswered'
      readonly why: Complaint
      /** What it means where the unit answers nothing else either. */
      readonly lost: LinkLost
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

  /** Whether the unit has answered anything. */
  get hasAnswered(): boolean {
    return this.#link.answeredAt !== undefined
  }

  /**
   * Asks for one block.
   * @throws LinkLost when the line is gone
   */
  async ask(request: ReadRequest, effort: Effort = {}): Promise<BlockAnswer> {
    const end = await this.#link.ask(request, effort)
    if (end.kind === 'data') return { kind: 'data', bytes: Buffer.from(end.bytes) }
    if (end.kind === 'exception') {
      const why = exceptionComplaint(end.code)
      return { kind: 'refused', exception: end.code, isLasting: isLasting(end.code), why }
    }
    const { code, message, hint, cause } = end.fault
    const lost = new LinkLost(`${this.#name}: ${message}`, { code, hint, cause })
    return { kind: 'unanswered', why: end.complaint, lost }
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
