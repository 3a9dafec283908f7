/**
 * What carries Modbus requests to the units: the contract of every transport, such as Modbus TCP.
 *
 * A transport knows how a line is opened and how requests and answers look on it. It knows nothing of devices, turns and
 * time limits: these are the line's (`../line.ts`). A new transport is one file beside this one and one line in
 * `drivers/index.ts`.
 */
import type { ZodType } from 'zod'
import type { DriverContext } from '../../../domain/driver.ts'
import type { Area } from '../address.ts'
import type { LineFault } from '../line-faults.ts'
import type { ModbusSettings } from '../settings.ts'

/** How the lines of one kind are opened. */
export interface Transport<Settings extends ModbusSettings = ModbusSettings> {
  /** The word behind `device.driver:` in a device map. */
  readonly protocol: string
  /** The keys below `device:`: where the line is, and those of every unit. */
  readonly settings: ZodType<Settings>
  /**
   * Whether devices at the same endpoint share one line, as units on a serial cable do. If not, each device opens a line
   * of its own. On a shared line the settings of the device that opened it hold for all.
   */
  readonly isShared: boolean
  /** What to look at when a unit gives no answer. */
  readonly silenceHint: string
  /** Where the line is, as messages name it: `10.20.3.17:502`, `/dev/ttyUSB0`. */
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
}

/** An open line, as its transport sees it. */
export interface Channel {
  /**
   * How long the line must stay silent after a missing or malformed answer, so that a late one cannot be taken for the
   * answer to the next request. Null: waiting would not help, or a new line is cheaper, so the line is closed instead.
   */
  readonly restMs: number | null
  /**
   * Sends one read request. Never called while another one is under way. Does not settle where no answer comes: the caller
   * watches the time, and ignores an answer that comes later.
   * @throws LineFault when the answer does not fit the request
   */
  read(unit: number, request: ReadRequest): Promise<ModbusAnswer>
  /** Closes the line at once, if it is not gone already; resolves when it can be opened again. Never rejects. */
  close(): Promise<void>
}

/** `count` registers, or bits of a bit area, from `start` on. */
export interface ReadRequest {
  readonly area: Area
  /** From 0, as it goes over the wire. */
  readonly start: number
  readonly count: number
}

/** The data that was asked for, or the number of the exception with which the device refuses. */
export type ModbusAnswer =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'exception'; readonly code: number }
