/**
 * What came over connections of which nobody knows yet whether they were ours: it waits for the next connection of its scanner, also
 * where somebody edits a map meanwhile. What nobody can take up any more is given up, and said.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Scanner } from '../../domain/scanner.ts'
import type { Opening } from '../byte-link.ts'

/** More than any device server keeps while nobody reads from it. */
const KEPT_BYTES_MAX = 1024 * 1024
/** An edited map is in force within moments. After this time the map is gone. */
const TAKEN_UP_MAX_MS = 10_000

/** Why bytes are given up, and what to do. `where` is the address of the device server. */
const WHY = {
  foreign: (where: string) =>
    `${where} ended that connection, and the next one as soon as it was made, so they are taken for its own words to whoever it does not serve`,
  tooMany: (where: string) =>
    `${where} sent more than 1 MB over connections that it ended, which no scanner does: see what sends there`,
  edited: (where: string) =>
    `before ${where} took the next connection, the map of the scanner was edited, and what came may not be cut into codes as it says now`,
  gone: (where: string) =>
    `before ${where} took the next connection, the map of the scanner was taken away or out of force`,
  stopped: (where: string) => `before ${where} took the next connection, the gateway was stopped`,
} as const

interface Kept {
  readonly opening: Opening<unknown>
  readonly where: string
  readonly bytes: Buffer
  /** Nobody waits any more for whether its scanner goes on. */
  readonly settle: () => void
}

/** Of all scanners of one transport. Disposing it gives up what is left. */
export class UndecidedBytes implements Disposable {
  readonly #kept = new Map<string, Kept>()

  /** A connection is to be made: what its scanner has left under the map before goes on where that says the same. */
  goOn(opening: Opening<unknown>): void {
    const { scanner } = opening
    const kept = this.#kept.get(scanner.id)
    if (!kept || kept.opening.signal === opening.signal) return
    if (isSame(kept.opening.scanner, scanner)) this.#put({ ...kept, opening })
    else this.#giveUp(kept, 'edited')
  }

  /** What came over a connection that may have been ours, behind what came before. */
  keep(opening: Opening<unknown>, where: string, came: readonly Uint8Array[]): void {
    const bytes = Buffer.concat([this.take(opening.scanner) ?? Buffer.of(), ...came])
    if (bytes.length === 0) return
    const kept = { opening, where, bytes }
    if (bytes.length > KEPT_BYTES_MAX) say(kept, 'tooMany')
    else this.#put(kept)
  }

  /** The server does not serve us. */
  giveUp({ id }: Scanner): void {
    const kept = this.#kept.get(id)
    if (kept) this.#giveUp(kept, 'foreign')
  }

  /** The server serves us: what came before was scanned. */
  take({ id }: Scanner): Buffer | undefined {
    const kept = this.#kept.get(id)
    this.#kept.delete(id)
    kept?.settle()
    return kept?.bytes
  }

  [Symbol.dispose](): void {
    for (const kept of this.#kept.values()) this.#giveUp(kept, 'stopped')
  }

  #put(kept: Omit<Kept, 'settle'>): void {
    const { scanner, context, signal } = kept.opening
    this.take(scanner)
    let cancel = () => {}
    const onAbort = () => {
      cancel = context.after(TAKEN_UP_MAX_MS, () => this.#giveUp(waiting, 'gone'))
    }
    const settle = () => {
      signal.removeEventListener('abort', onAbort)
      cancel()
    }
    const waiting = { ...kept, settle }
    this.#kept.set(scanner.id, waiting)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  }

  #giveUp(kept: Kept, why: keyof typeof WHY): void {
    this.take(kept.opening.scanner)
    say(kept, why)
  }
}

function say({ opening, where, bytes }: Pick<Kept, 'opening' | 'where' | 'bytes'>, why: keyof typeof WHY) {
  opening.context.gaveUp({
    count: bytes.length,
    why: `${WHY[why](where)}; if something was scanned meanwhile, scan it again`,
  })
}

/** Whether two readings of a map mean the same place, and cut what comes from there in the same way. */
function isSame(one: Scanner, other: Scanner): boolean {
  const { settings, framing, subject } = one
  return isDeepStrictEqual(
    { settings, framing, subject },
    { settings: other.settings, framing: other.framing, subject: other.subject },
  )
}
