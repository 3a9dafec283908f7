/**
 * Whether a device server serves us, and what it sends until that is known.
 *
 * One that serves somebody else takes the connection all the same and closes it within moments, many with a text that says so: that text is
 * no scan. But a process that stood still, as while many maps are read at a start, finds a connection closed already that had lasted. What
 * came with it may have been scanned: it is kept until the next connection shows whether the server serves us.
 */
import type { Scanner, ScannerContext } from '../../domain/scanner.ts'

/** Only a connection that lasts for so long is open, and what came until then is passed on. */
export const SETTLE_MS = 100
const LOOK_MS = 20
/** More than any device server keeps while nobody reads from it. */
const KEPT_BYTES_MAX = 1024 * 1024

/** What came over connections that this process saw too late to know whether they had lasted. */
const UNDECIDED = new WeakMap<Scanner, Buffer>()

/** By how much this process reads too late. */
export class Lateness implements Disposable {
  readonly #context: Pick<ScannerContext, 'now' | 'after'>
  #dueMs = 0
  #latestMs = 0
  #cancel: () => void = () => {}

  constructor(context: Pick<ScannerContext, 'now' | 'after'>) {
    this.#context = context
    this.#look()
  }

  /** The most since it was made, in ms. */
  get ms(): number {
    return Math.max(this.#latestMs, this.#context.now().monoMs - this.#dueMs)
  }

  [Symbol.dispose](): void {
    this.#cancel()
  }

  #look(): void {
    this.#dueMs = this.#context.now().monoMs + LOOK_MS
    this.#cancel = this.#context.after(LOOK_MS, () => {
      this.#latestMs = this.ms
      this.#look()
    })
  }
}

/**
 * The server has closed a connection before it was open.
 * @returns how many bytes are given up with that, though they may have been scanned: those kept from earlier connections where this one
 * shows that the server serves somebody else, or all where they are more than any server keeps
 */
export function closedBeforeOpen(
  scanner: Scanner,
  came: readonly Uint8Array[],
  { lastedMs, lateness }: { readonly lastedMs: number; readonly lateness: Lateness },
): number {
  const earlier = scannedBefore(scanner) ?? Buffer.of()
  const hasLasted = lastedMs + lateness.ms >= SETTLE_MS
  if (!hasLasted) return earlier.length
  const kept = Buffer.concat([earlier, ...came])
  if (kept.length > KEPT_BYTES_MAX) return kept.length
  if (kept.length > 0) UNDECIDED.set(scanner, kept)
  return 0
}

/** The server serves us. @returns what had been scanned before, over connections that are closed */
export function scannedBefore(scanner: Scanner): Uint8Array | undefined {
  const kept = UNDECIDED.get(scanner)
  UNDECIDED.delete(scanner)
  return kept
}
