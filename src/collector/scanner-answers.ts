/**
 * Gives a scanner its answers: in the order of the scans, only after everything before is on disk, and only over the port that
 * the scan came by.
 */
import type { Event } from '../domain/events/event.ts'
import type { Instant } from '../domain/instant.ts'
import type { ScannerLink } from '../domain/scanner.ts'
import type { Acknowledgements } from '../domain/station-map.ts'
import type { Answer } from '../domain/subject.ts'
import type { Log } from '../runtime/log.ts'
import type { ScanWatch } from './scan-watch.ts'
import type { ScannerRecord } from './scanner-record.ts'

/** More scans than these do not wait for the disk: the port is held back. */
const UNANSWERED_MAX = 16

interface AnswerParts {
  readonly scanner: string
  readonly acknowledgement: Acknowledgements
  readonly record: ScannerRecord
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly watch?: ScanWatch | undefined
}

/** An answer, and what it is about. */
interface AnsweredScan {
  readonly answer: Answer
  readonly events: readonly Event[]
  /** Undefined: of something that was held until now. */
  readonly scannedAt: Instant | undefined
}

/** The answers of one scanner, over all its links. */
export class ScannerAnswers {
  readonly #parts: AnswerParts
  /** The port that is open now. */
  #open: ScannerLink | undefined
  /** The port that the latest scan came by. */
  #asking: ScannerLink | undefined
  /** The scan that is being handed on; what is answered meanwhile is for it. */
  #scan: Instant | undefined
  /** Ends with the last answer so far. */
  #given: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(parts: AnswerParts) {
    this.#parts = parts
  }

  opened(link: ScannerLink): void {
    this.#open = link
  }

  closed(): void {
    this.#open = undefined
  }

  /** Hands a scan on. What comes to {@link answer} until it returns is the scan's own answer. */
  during<Result>(scannedAt: Instant, handOn: () => Result): Result {
    this.#asking = this.#open
    this.#scan = scannedAt
    try {
      return handOn()
    } finally {
      if (this.#scan) this.#parts.record.settled(this.#scan)
      this.#scan = undefined
    }
  }

  /**
   * Answers the scan that is being handed on, or one that was held until now.
   * @param durable resolves once what the answer promises is on disk
   * @param events what is stored of it
   */
  answer(answer: Answer, durable: Promise<void>, events: readonly Event[] = []): void {
    const scannedAt = this.#scan
    this.#scan = undefined
    const link = this.#asking
    const before = this.#given
    this.#waiting += 1
    const given = { answer, events, scannedAt }
    this.#given = this.#give(given, link, Promise.all([before, durable])).finally(() => {
      this.#waiting -= 1
      if (scannedAt) this.#parts.record.settled(scannedAt)
    })
  }

  /** All answers so far are given, or never can be. */
  get given(): Promise<void> {
    return this.#given
  }

  get isFull(): boolean {
    return this.#waiting >= UNANSWERED_MAX
  }

  async #give(
    { answer, events, scannedAt }: AnsweredScan,
    link: ScannerLink | undefined,
    stored: Promise<unknown>,
  ): Promise<void> {
    const { record, scanner, log, watch } = this.#parts
    // It rejects only where the gateway ends with a log that takes nothing any more: nothing is promised then.
    const isStored = await stored.then(
      () => true,
      () => false,
    )
    if (!isStored) return record.unsent()
    record.decided(answer)
    watch?.answered(scannedAt, answer, events)
    if (answer.verdict === 'bad')
      log.info({ event: 'scan-refused', scanner }, `${scanner}: refused: ${answer.why ?? 'no reason given'}`)
    if (answer.verdict === 'held') return
    const bytes = this.#parts.acknowledgement[answer.verdict]
    if (bytes.length > 0 && !(await this.#send(bytes, link))) record.unsent()
  }

  /** @returns whether the scanner has them, as far as anybody can know; also where its port can carry none */
  async #send(bytes: Uint8Array, link: ScannerLink | undefined): Promise<boolean> {
    const { scanner, log } = this.#parts
    if (!link || link !== this.#open) return false
    try {
      await link.acknowledge?.(bytes)
      return true
    } catch (error) {
      log.warn({ event: 'scanner-unanswered', scanner, error }, `${scanner}: its port took no answer`)
      return false
    }
  }
}
