/** What was sent to a scanner and comes back as if it had been scanned, as from a converter that hears itself. */
import type { Discarded, RawScan, ScannerContext } from '../domain/scanner.ts'
import { withoutLineControls } from './framing/frame-ends.ts'

/** An echo comes at once, or after the moment that a device server gathers bytes for. */
const ECHO_MAX_MS = 1_000

/** Of one link. Without it a beep that comes back would be a scan, which gets a beep, and so on for ever. */
export class Echo {
  readonly #clock: Pick<ScannerContext, 'now'>
  #sent: readonly Buffer[] = []
  #at = 0

  constructor(clock: Pick<ScannerContext, 'now'>) {
    this.#clock = clock
  }

  sending(bytes: Uint8Array): void {
    this.#at = this.#clock.now().monoMs
    this.#sent = linesOf(Buffer.from(bytes))
  }

  /** The item itself, or what it is where it is an echo. */
  without(item: RawScan | Discarded): RawScan | Discarded {
    if (item.kind !== 'scan' || item.at.monoMs - this.#at > ECHO_MAX_MS) return item
    const isEcho = this.#sent.some((line) => line.equals(item.bytes))
    if (!isEcho) return item
    const why =
      'what was sent to the scanner came back: switch the echo off, in the scanner, converter or device server'
    return { kind: 'discarded', count: item.bytes.length, why }
  }
}

/** As they would be read. */
function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines = bytes.toString('latin1').split(/[\r\n]+/)
  return lines
    .map((line) => withoutLineControls(Buffer.from(line, 'latin1')))
    .filter(({ length }) => length > 0)
}
