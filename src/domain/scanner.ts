/**
 * The contract of every way to reach a barcode scanner. A transport opens the port and yields what was scanned; trying a lost
 * port again is the collector's, and what a scan means is decided elsewhere.
 */
import type { ZodType } from 'zod'
import type { DriverLog } from './driver.ts'
import type { Instant } from './instant.ts'
import type { Owner } from './owner.ts'

/** How the end of a scan is recognised on a line of bytes, or among the keys of a keyboard. `none`: by a pause. */
export const SUFFIXES = ['CR', 'LF', 'CRLF', 'ETX', 'TAB', 'none'] as const
/** One of them. */
export type Suffix = (typeof SUFFIXES)[number]

/** How bytes become scans. */
interface Framing {
  readonly suffix: Suffix
  /** What stands in front of each code. Alone it is no scan. */
  readonly prefix?: string
}

/** One scanner as its map describes it. `Settings` is what its transport has parsed. */
export interface Scanner<Settings = unknown> {
  /** Unique on this gateway: the code behind `scanner:`. */
  readonly id: string
  /** The station whose scans they are. */
  readonly subject: Owner
  /** The key of its transport. */
  readonly transport: string
  readonly settings: Settings
  readonly framing: Framing
}

/** What a transport may use of the world. */
export interface ScannerContext {
  now(): Instant
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `ms`. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void
  /** Takes what came before the port was open and may have been scanned, and is read by nobody. */
  gaveUp(bytes: GivenUp): void
  /** Nothing that was scanned is ever written to it: it may be a badge. */
  readonly log: DriverLog
}

/** A kind of port. */
export interface ScannerTransport<Settings = unknown> {
  /** The key below `port:` that chooses it: `serial`, `usb_serial`, `hid`, `tcp`. */
  readonly key: string
  /** That key and those that may stand beside it, but for `brand`: validates them and fills in defaults. */
  readonly settings: ZodType<Settings>
  /** Nothing can be sent to what is at such a port: no scan is ever acknowledged there. */
  readonly isMute?: true
  /**
   * Opens the port.
   * @throws LinkLost when it is missing, busy, forbidden or held by another program, with what to do about it
   */
  connect(scanner: Scanner<Settings>, context: ScannerContext, signal: AbortSignal): Promise<ScannerLink>
}

/** The transports of one gateway, and what they own together. The links to all scanners must be closed before. */
export interface ScannerTransports extends AsyncDisposable {
  readonly all: readonly ScannerTransport[]
}

/**
 * An open port. Iterating yields {@link PortOpened} first, then what comes, until the port is lost, and then throws LinkLost;
 * after an abort it ends without an error. Disposing closes it within 3 s.
 */
export interface ScannerLink extends AsyncIterable<ScannerItem>, AsyncDisposable {
  /**
   * Sends bytes to the scanner: its good or bad beep. Resolves once the operating system has them.
   * Absent where the port cannot carry any.
   * @throws LinkLost also where the port takes none within 2 s: then the link is lost
   */
  readonly acknowledge?: (bytes: Uint8Array) => Promise<void>
}

/** What an open port yields. */
export type ScannerItem = PortOpened | RawScan | Discarded

/** The port is open. */
export interface PortOpened {
  readonly kind: 'opened'
  /** The port as it was found, for `status`: `/dev/ttyACM1, USB serial number 21097B1234`. */
  readonly where: string
  /** What should be known of it besides: which driver of the system it goes through, and what follows from that. */
  readonly remark?: string
}

/** One scan as it came, without the suffix. */
export interface RawScan {
  readonly kind: 'scan'
  readonly bytes: Uint8Array
  /** The AIM identifier (`]C1`) where the port gives it beside the data (HID POS); null where it stands in the data, if at all. */
  readonly aimId: string | null
  /** Its beginning may have come before the port was opened or a pause, or its end may not have come: it may be a part of a scan. */
  readonly mayBePart?: true
  /** A pause ended it, though a suffix is set: the scanner is set to another one, or to none. */
  readonly withoutSuffix?: true
  /** When its last byte came. */
  readonly at: Instant
}

/** Bytes that are given up. They are counted, and never shown: a badge may be among them. */
export interface GivenUp {
  readonly count: number
  readonly why: string
}

/** Bytes that were no scan: longer than any code, or cut off. */
export interface Discarded extends GivenUp {
  readonly kind: 'discarded'
}
