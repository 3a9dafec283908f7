/**
 * What carries Modbus requests to the units: the contract of every transport, such as Modbus TCP.
 *
 * A transport knows how a line is opened and how requests and answers look on it. It knows nothing of devices, turns and
 * time limits: these are the line's (`../line.ts`). A new transport is one file beside this one and one line in
 * `drivers/index.ts`.
 */
import type { ZodType } from 'zod'
import type { DriverContext, SettingsDoubt } from '../../../domain/driver.ts'
import type { LineFault } from '../line-faults.ts'
import type { Misfit, ModbusAnswer, ReadRequest, Stray } from '../request.ts'
import type { ModbusSettings } from '../settings.ts'
import type { Unanswered } from '../unanswered.ts'

/** How the lines of one kind are opened. Devices at the same endpoint share one line. */
export interface Transport<Settings extends ModbusSettings = ModbusSettings> {
  /** The word behind `device.driver:` in a device map. */
  readonly protocol: string
  /** The keys below `device:`: where the line is, and those of every unit. */
  readonly settings: ZodType<Settings>
  /** As of a driver. */
  doubtsOf?(settings: Settings): readonly SettingsDoubt[]
  /** What to look at when a unit has never given an answer. */
  readonly silenceHint: string
  /** What to look at when answers do not fit their requests. */
  readonly misfitHint: string
  /** Where the line is, as messages name it: `10.20.3.17:502`, `/dev/ttyUSB0 (9600 8N1)`. */
  endpointOf(settings: Settings): string
  /**
   * Opens the line. An abort of `signal` ends the attempt and leaves nothing open.
   * @throws LineFault when it cannot be opened
   */
  open(settings: Settings, options: ChannelOptions): Promise<Channel>
}

/** What a transport is given to open a line with. */
export interface ChannelOptions {
  readonly context: DriverContext
  readonly signal: AbortSignal
  /** To be called when the line is gone without our having closed it. It does no harm afterwards or twice. */
  lost(fault: LineFault): void
  /** What may still come of what was asked at the same endpoint before. */
  readonly unanswered: Unanswered
}

/** An open line, as its transport sees it. */
export interface Channel {
  /** Whether the other end takes requests of several units and waits for each, as a gateway does: one may delay another. */
  readonly mayQueue: boolean
  /** Whether the other end may have forgotten the line, so that it is worth while to open it again. */
  readonly mayForgetUs: boolean
  /** How long the line stays open when its last unit has left: opening a serial port again and again disturbs devices. */
  readonly lingerMs: number
  /** Whom it leads to, where hosts can be written in several ways: IP address and port. */
  readonly peer?: string | undefined
  /**
   * From when on a request may be sent, by the monotonic clock, so that no answer to an earlier one can be taken for its.
   * Absent where answers carry the number of their request.
   */
  clearMs?(unit: number, request: ReadRequest): number
  /** How long a request and its answer are on their way: a slow line needs seconds for a long answer. Absent: no time. */
  wireMs?(request: ReadRequest): number
  /**
   * Sends one read request, to which an answer may come up to `lateMaxMs` later. Bytes that came before it are thrown away.
   * Does not settle where no answer comes: the caller watches the time, and may send the same object again, which is a
   * further try: each settles with its own answer, or the last one where that cannot be told. With another object, whatever
   * waited before never settles.
   */
  read(unit: number, request: ReadRequest, lateMaxMs: number): Promise<ModbusAnswer | Misfit>
  /** Whether an answer has begun to come: sending the request again would only make more of it. */
  readonly isAnswering?: boolean
  /** What came since the last request, if it was no answer to it. */
  instead(): Stray | undefined
  /** Closes the line at once, if it is not gone already; resolves when it can be opened again. Never rejects. */
  close(): Promise<void>
}
