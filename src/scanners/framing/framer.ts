/**
 * Cuts a stream of bytes into scans, however it comes in packets. Bytes are never decoded here: GS, RS, EOT, NUL and whatever
 * else a code holds stay as they are.
 */
import type { Instant } from '../../domain/instant.ts'
import type { Discarded, RawScan, ScannerContext, Suffix } from '../../domain/scanner.ts'
import { Silence } from '../silence.ts'
import { FRAME_ENDS, type FrameEnd, SCAN_MAX_BYTES, withoutLineControls } from './frame-ends.ts'

/**
 * After this pause a scan is over where no suffix has ever come from this scanner: the scanner is not set to send one. Within a scan
 * bytes follow each other within a few milliseconds, and nobody scans twice in so short a time.
 */
export const FLUSH_AFTER_MS = 80
/**
 * After this pause bytes without their suffix are given up where suffixes do come: the cable was pulled out in the middle, or it
 * was noise. They would become part of the next scan. Packets of one scan may be late by a few hundred milliseconds on a network.
 */
export const GIVE_UP_AFTER_MS = 1_000

interface FramerOptions {
  readonly suffix: Suffix
  readonly clock: Pick<ScannerContext, 'now' | 'after'>
  readonly out: (item: RawScan | Discarded) => void
  /** What stands in front of each code. Alone, as the heartbeat of a device server, it is nothing. */
  readonly prefix?: string
  /** Whether its suffix came from this scanner before, over an earlier link. */
  readonly hasSeenSuffix?: boolean
}

/** For one link: after a reconnect a new one begins with the first byte. It never holds more than {@link SCAN_MAX_BYTES}. */
export class Framer {
  readonly #end: FrameEnd
  readonly #prefix: Buffer
  readonly #clock: FramerOptions['clock']
  readonly #silence: Silence
  readonly #out: FramerOptions['out']
  readonly #scan = Buffer.allocUnsafe(SCAN_MAX_BYTES)
  /** How many bytes have come since the last scan. Only the first ones of too many are kept. */
  #came = 0
  /** How many bytes of the suffix have just come. */
  #matched = 0
  #hasSeenSuffix: boolean
  /** Whether nothing has come on this link yet: its beginning may have come before. */
  #isFirst = true
  /** Whether the beginning of this scan may have been ended by a pause, or given up. */
  #mayLackBeginning = false

  constructor({ suffix, clock, out, prefix = '', hasSeenSuffix = false }: FramerOptions) {
    this.#end = FRAME_ENDS[suffix]
    this.#prefix = Buffer.from(prefix)
    this.#clock = clock
    this.#silence = new Silence(clock)
    this.#out = out
    this.#hasSeenSuffix = hasSeenSuffix
  }

  get hasSeenSuffix(): boolean {
    return this.#hasSeenSuffix
  }

  /** Takes what has just come. */
  take(bytes: Uint8Array): void {
    const at = this.#clock.now()
    let index = 0
    while (index < bytes.length) {
      index += this.#passOver(bytes, index)
      const byte = bytes[index]
      if (byte !== undefined) this.#takeByte(byte, at)
      index += 1
    }
    this.#awaitPause(at)
  }

  /** While the port is held back, a pause says nothing. */
  hold(isHeld: boolean): void {
    this.#silence.hold(isHeld)
  }

  /** The link is over: what has no end yet may be half a scan, and is none. */
  close(why: string): void {
    this.#silence.callOff()
    this.#giveUp(why)
  }

  /**
   * Of bytes that are too many for a scan only those matter that may begin the suffix. The others are counted at once, so that a
   * scanner that sends without end does not keep the gateway from the others.
   * @returns how many bytes need not be looked at
   */
  #passOver(bytes: Uint8Array, from: number): number {
    if (this.#came < SCAN_MAX_BYTES || this.#matched > 0) return 0
    const [suffix] = this.#end.bytes
    const next = suffix === undefined ? -1 : bytes.indexOf(suffix, from)
    const count = (next === -1 ? bytes.length : next) - from
    this.#came += count
    return count
  }

  #takeByte(byte: number, at: Instant): void {
    if (this.#came < SCAN_MAX_BYTES) this.#scan[this.#came] = byte
    this.#came += 1
    if (!this.#endsWith(byte)) return
    this.#hasSeenSuffix = true
    this.#finish(at)
  }

  /** Whether the whole suffix has come with this byte. No suffix is longer than two bytes or begins with its second one. */
  #endsWith(byte: number): boolean {
    const { bytes } = this.#end
    if (byte === bytes[this.#matched]) this.#matched += 1
    else this.#matched = byte === bytes[0] ? 1 : 0
    return bytes.length > 0 && this.#matched === bytes.length
  }

  #awaitPause(lastByteAt: Instant): void {
    if (this.#came === 0) this.#silence.callOff()
    else if (this.#hasSeenSuffix)
      this.#silence.await(GIVE_UP_AFTER_MS, () => this.#giveUp('came without the suffix that ends a scan'))
    else this.#silence.await(FLUSH_AFTER_MS, () => this.#finish(lastByteAt))
  }

  /** What has come is one scan. */
  #finish(at: Instant): void {
    if (this.#came > SCAN_MAX_BYTES) this.#giveUp(`longer than ${SCAN_MAX_BYTES} bytes`)
    else this.#deliver(at)
  }

  #deliver(at: Instant): void {
    const hasSuffix = this.#matched > 0 && this.#matched === this.#end.bytes.length
    const whole = this.#scan.subarray(0, this.#came - (hasSuffix ? this.#matched : 0))
    this.#restart()
    const opening = this.#end.opening === undefined ? -1 : whole.lastIndexOf(this.#end.opening)
    this.#discard(
      withoutLineControls(whole.subarray(0, Math.max(0, opening))).length,
      'came between two scans',
    )
    const bytes = withoutLineControls(whole.subarray(opening + 1))
    if (bytes.length === 0 && !hasSuffix) return
    const mayBePart = this.#mayBePart(hasSuffix)
    // A copy, because the next scan is written over it.
    if (bytes.length === 0) return
    this.#out({
      kind: 'scan',
      bytes: Uint8Array.from(bytes),
      aimId: null,
      at,
      ...(mayBePart && { mayBePart }),
      ...(!hasSuffix && this.#end.bytes.length > 0 && { withoutSuffix: true }),
    })
  }

  /** Whether what has come may be a part of a scan, and what that means for the next one. */
  #mayBePart(hasSuffix: boolean): boolean {
    // Of a scanner that sends no suffix, only the first scan is in doubt: nothing is known of it yet.
    const mayBePart = this.#isFirst || (hasSuffix && this.#mayLackBeginning)
    this.#isFirst = false
    this.#mayLackBeginning = !hasSuffix && this.#end.bytes.length > 0
    return mayBePart
  }

  /** What has come is no scan. */
  #giveUp(why: string): void {
    const count =
      this.#came > SCAN_MAX_BYTES
        ? this.#came
        : withoutLineControls(this.#scan.subarray(0, this.#came)).length
    const isPrefix =
      this.#came === this.#prefix.length && this.#prefix.equals(this.#scan.subarray(0, this.#came))
    this.#restart()
    // Nothing of a scan was there.
    if (count === 0 || isPrefix) return
    this.#mayLackBeginning = true
    this.#discard(count, why)
  }

  #discard(count: number, why: string): void {
    if (count > 0) this.#out({ kind: 'discarded', count, why })
  }

  #restart(): void {
    this.#came = 0
    this.#matched = 0
  }
}
