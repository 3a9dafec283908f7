/** An open HID scanner: its reports become codes. */
import type { LinkLost } from '../../domain/errors.ts'
import type { Instant } from '../../domain/instant.ts'
import type { PortOpened, ScannerContext, ScannerItem, ScannerLink } from '../../domain/scanner.ts'
import { portLost, unpluggedFault } from '../../ports/port-fault.ts'
import { within } from '../../runtime/within.ts'
import { whyCutOff } from '../cut-off.ts'
import { withoutLineControls } from '../framing/frame-ends.ts'
import { guardedReading } from '../guarded-reading.ts'
import { ItemQueue } from '../item-queue.ts'
import { Silence } from '../silence.ts'
import type { HidHandle } from './library.ts'
import type { Read, ReportReader } from './report-reader.ts'

/** The contract gives 3 s for closing. */
const CLOSE_MAX_MS = 2_500

interface LinkParts {
  readonly scanner: string
  readonly opened: PortOpened
  readonly handle: HidHandle
  readonly reader: ReportReader
  readonly context: ScannerContext
  readonly signal: AbortSignal
}

/**
 * It never holds the device back: the system drops reports that nobody takes, and a person scans slower than anything here works.
 * It has no way to acknowledge: keyboards have none, and HID POS has no report for it that the makers agree on.
 */
export class HidLink implements ScannerLink {
  readonly #parts: LinkParts
  readonly #queue = new ItemQueue()
  readonly #guarded: (step: () => void) => void
  /** Whether nothing has come on this link yet: its beginning may have been typed before it was opened. */
  #isFirst = true
  readonly #silence: Silence

  constructor(parts: LinkParts) {
    this.#parts = parts
    this.#silence = new Silence(parts.context)
    this.#guarded = guardedReading(parts.scanner, (fault) => this.#end(fault))
    parts.handle.on('data', (report) => this.#guarded(() => this.#take(report)))
    parts.handle.on('error', (cause) => this.#lose(cause))
    parts.signal.addEventListener('abort', this.#onAbort, { once: true })
    if (parts.signal.aborted) this.#end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ScannerItem> {
    yield this.#parts.opened
    yield* this.#queue.items()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
    const { handle, context } = this.#parts
    // What was unplugged cannot be closed in an orderly way, and need not be.
    const closing = handle.close().catch(() => {})
    await within(closing, { clock: context, maxMs: CLOSE_MAX_MS }, () => {})
  }

  #take(report: Uint8Array): void {
    if (this.#queue.isEnded) return
    const { reader, context } = this.#parts
    const at = context.now()
    this.#push(reader.read(report), at)
    const { dueMs } = reader
    if (dueMs === null) this.#silence.callOff()
    else this.#silence.await(dueMs, () => this.#guarded(() => this.#push(reader.pause(), at)))
  }

  #push(reads: readonly Read[], at: Instant): void {
    for (const read of reads) {
      if (read.kind !== 'code') this.#queue.push(read)
      else this.#pushCode(withoutLineControls(Buffer.from(read.bytes)), read.aimId, at)
      this.#isFirst = false
    }
  }

  #pushCode(bytes: Uint8Array, aimId: string | null, at: Instant): void {
    if (bytes.length === 0) return
    this.#queue.push({ kind: 'scan', bytes, aimId, at, ...(this.#isFirst && { mayBePart: true }) })
  }

  #lose(cause: unknown): void {
    const { scanner, opened } = this.#parts
    this.#end(portLost(scanner, unpluggedFault(opened.where, cause)))
  }

  readonly #onAbort = (): void => this.#end()

  #end(fault?: LinkLost): void {
    this.#silence.callOff()
    this.#parts.signal.removeEventListener('abort', this.#onAbort)
    for (const read of this.#parts.reader.pause()) {
      const count = read.kind === 'code' ? read.bytes.length : read.count
      this.#queue.push({ kind: 'discarded', count, why: whyCutOff(fault) })
    }
    this.#queue.end(fault)
  }
}
