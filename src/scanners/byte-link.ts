/** A scanner on any line of bytes: what comes is cut into scans, and beeps are sent on the same line. */
import { LinkLost } from '../domain/errors.ts'
import type { Scanner, ScannerContext, ScannerItem, ScannerLink } from '../domain/scanner.ts'
import { stopped } from '../ports/port-fault.ts'
import { within } from '../runtime/within.ts'
import { CUT_OFF, whyCutOff } from './cut-off.ts'
import { Echo } from './echo.ts'
import { Framer } from './framing/framer.ts'
import { guardedReading } from './guarded-reading.ts'
import { ItemQueue } from './item-queue.ts'

/** A few bytes of a beep are sent within moments. A port that has not taken them by now is blocked, and is opened again. */
const SEND_MAX_MS = 2_000
/** The contract gives 3 s for closing. */
const CLOSE_MAX_MS = 2_500

/** An open line of bytes. */
export interface ByteLine {
  /** As {@link PortOpened} has them. */
  readonly where: string
  readonly remark?: string
  /** Resolves once the operating system has the bytes. */
  send(bytes: Uint8Array): Promise<void>
  /** Delivers nothing until it is released again. Nothing is lost meanwhile. */
  hold(isHeld: boolean): void
  close(): Promise<void>
}

/** What a line calls. After {@link lost} it delivers nothing. */
export interface LineEvents {
  /** What came over a connection that is closed: it is cut into scans for itself. Called before `bytes` is. */
  earlier(bytes: Uint8Array): void
  bytes(bytes: Uint8Array): void
  lost(fault: LinkLost): void
}

/** What opening a line needs. */
export interface Opening<Settings> {
  readonly scanner: Scanner<Settings>
  readonly context: ScannerContext
  readonly signal: AbortSignal
  readonly events: LineEvents
}

/**
 * Scanners whose suffix has come since their map was read. A pause within the first scan after a reconnect does not cut it in
 * two: device servers that end idle connections would have each scan come first.
 */
const SUFFIX_SEEN = new WeakSet<Scanner>()

/** @throws LinkLost */
type OpenLine<Settings> = (opening: Opening<Settings>) => Promise<ByteLine>

/**
 * Opens a line and reads scans from it.
 * @throws LinkLost
 */
export async function openByteLink<Settings>(
  open: OpenLine<Settings>,
  scanner: Scanner<Settings>,
  context: ScannerContext,
  signal: AbortSignal,
): Promise<ScannerLink> {
  if (signal.aborted) throw stopped(scanner.id)
  const queue = new ItemQueue()
  const guarded = guardedReading(scanner.id, (fault) => end(fault))
  const echo = new Echo(context)
  const newFramer = () =>
    new Framer({
      ...scanner.framing,
      clock: { now: () => context.now(), after: (ms, step) => context.after(ms, () => guarded(step)) },
      out: (item) => queue.push(echo.without(item)),
      hasSeenSuffix: SUFFIX_SEEN.has(scanner),
    })
  const framer = newFramer()
  const end = (fault?: LinkLost) => {
    framer.close(whyCutOff(fault))
    if (framer.hasSeenSuffix) SUFFIX_SEEN.add(scanner)
    queue.end(fault)
  }
  const events = {
    earlier: (bytes: Uint8Array) =>
      guarded(() => {
        const whole = newFramer()
        whole.take(bytes)
        whole.close(CUT_OFF.lost)
      }),
    bytes: (bytes: Uint8Array) => {
      if (!queue.isEnded) guarded(() => framer.take(bytes))
    },
    lost: end,
  }
  const line = await open({ scanner, context, signal, events })
  queue.holdBack({
    hold: (isHeld) => {
      framer.hold(isHeld)
      line.hold(isHeld)
    },
  })
  const onAbort = () => end()
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return new ByteLink({
    scanner: scanner.id,
    line,
    queue,
    echo,
    context,
    end: () => {
      signal.removeEventListener('abort', onAbort)
      end()
    },
  })
}

interface ByteLinkParts {
  readonly scanner: string
  readonly line: ByteLine
  readonly queue: ItemQueue
  readonly echo: Echo
  readonly context: ScannerContext
  readonly end: () => void
}

class ByteLink implements ScannerLink {
  readonly #parts: ByteLinkParts
  constructor(parts: ByteLinkParts) {
    this.#parts = parts
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ScannerItem> {
    const { line, queue } = this.#parts
    const { where, remark } = line
    yield { kind: 'opened', where, ...(remark !== undefined && { remark }) }
    yield* queue.items()
  }

  async acknowledge(bytes: Uint8Array): Promise<void> {
    const { scanner, line, queue, echo, context } = this.#parts
    // After a stop is asked for, what was read before it is still answered: the line is open until it is disposed of.
    if (queue.fault) throw queue.fault
    echo.sending(bytes)
    await within(line.send(bytes), { clock: context, maxMs: SEND_MAX_MS }, () => {
      const blocked = new LinkLost(`${scanner}: ${line.where} takes no bytes`, {
        code: 'port-blocked',
        hint: 'check its cable; a scanner that is set to flow control must be set to none',
      })
      // It is opened again.
      queue.end(blocked)
      throw blocked
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { line, context, end } = this.#parts
    end()
    await within(line.close(), { clock: context, maxMs: CLOSE_MAX_MS }, () => {})
  }
}
