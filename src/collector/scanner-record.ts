/** What is known of one scanner's port and of what was scanned: for `status`, and for whoever has to see to it. */
import { type LinkLost, withHint } from '../domain/errors.ts'
import type { Health, ScannerAnswer, ScannerCounts, ScannerHealth, Trouble } from '../domain/health.ts'
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { Discarded, GivenUp, PortOpened, RawScan, Scanner } from '../domain/scanner.ts'
import type { Answer } from '../domain/subject.ts'
import type { Clock } from '../runtime/clock.ts'
import { type LinkFault, LinkStanding } from './link-standing.ts'
import { NoticeCounts } from './scan-notices.ts'
import { ScanWaits } from './scan-waits.ts'

/** The codes of everything that can be wrong with a scanner. Alerts are named by them. */
export const SCANNER_TROUBLES = {
  /** Its port has not been opened yet since the start. */
  connecting: 'scanner-connecting',
  /** Its port is gone, or cannot be opened. */
  lost: 'scanner-lost',
  /** A scan has no answer yet, or got it late. */
  unanswered: 'scanner-unanswered',
  /** What comes from it cannot be read. */
  unreadable: 'scanner-unreadable',
} as const

/** A port may bring noise when it is plugged in. Again and again, without any scan, it is set to something else than its map says. */
const UNREADABLE_TIMES = 2
const UNREADABLE_SHOWN_MS = 10 * 60_000
const UNREADABLE_HINT =
  'compare suffix, baud rate and mode of the scanner, or of its device server, with its map: docs/scanners.md'
/** Device servers end a connection that was idle for their inactivity time, which is minutes. One that is refused lasts shorter. */
const IDLE_AFTER_MS = 10_000

/** Bytes that were no scan, since the last scan. */
interface Unread {
  readonly sinceMs: number
  readonly last: Instant
  readonly why: string
  readonly times: number
}

/** The record of one scanner while the gateway runs: its counts go on where its map changes. */
export class ScannerRecord {
  readonly #scanner: Pick<Scanner, 'id' | 'subject'>
  readonly #clock: Pick<Clock, 'now'>
  #standing: LinkStanding
  readonly #waits: ScanWaits
  readonly #noticed = new NoticeCounts()
  #port: Pick<PortOpened, 'where' | 'remark'> | undefined
  #lastScan: Instant | undefined
  #scanBefore: Instant | undefined
  #lastAnswer: ScannerAnswer | undefined
  #unread: Unread | undefined
  #lastDiscarded: ScannerHealth['lastDiscarded'] = null
  /** When the port that is open now was opened; undefined: it is not open. */
  #openedAt: Instant | undefined
  #counts: ScannerCounts = { good: 0, bad: 0, late: 0, unsent: 0, discardedBytes: 0 }

  constructor(scanner: Pick<Scanner, 'id' | 'subject'>, clock: Pick<Clock, 'now'>) {
    this.#scanner = scanner
    this.#clock = clock
    this.#waits = new ScanWaits(clock)
    this.#standing = new LinkStanding(clock)
  }

  /** Its port is to be opened, by a map that is new or was changed. */
  begun(): void {
    this.#standing = new LinkStanding(this.#clock)
    this.#port = undefined
    this.#waits.forgetAll()
    this.#unread = undefined
    this.#openedAt = undefined
  }

  /** @returns whether it was not known to be open */
  opened(port: PortOpened): boolean {
    const isNews = this.#standing.state !== 'connected'
    if (isNews) this.#standing.connected()
    this.#openedAt = this.#clock.now()
    this.#port = port
    return isNews
  }

  /** @returns whether the other end ended a connection that was idle: that is no loss, unless the next one cannot be made */
  endedIdle({ code }: LinkLost): boolean {
    const openedAt = this.#openedAt
    this.#openedAt = undefined
    if (code !== 'link-closed' || !openedAt) return false
    const last = this.#lastScan && elapsedMs(openedAt, this.#lastScan) > 0 ? this.#lastScan : openedAt
    return elapsedMs(last, this.#clock.now()) >= IDLE_AFTER_MS
  }

  /** @returns whether the port was not known to be lost, or not for this reason */
  lost(fault: LinkLost): boolean {
    this.#port = undefined
    return this.#standing.lost(fault)
  }

  /** Collecting ended with an error that is not the scanner's. */
  failed(error: unknown): void {
    this.#standing.failed(error)
  }

  /** @param at when its last byte came; {@link settled} takes the same object */
  scanned(at: Instant): void {
    this.#scanBefore = this.#lastScan
    this.#lastScan = at
    this.#unread = undefined
    this.#waits.scanned(at)
  }

  /** A scan is understood and looked up. */
  read(at: Instant, notices: readonly string[]): void {
    this.#waits.read(at)
    for (const what of notices) this.#noticed.add(what, at.wallMs)
  }

  /** The scanner has said something of itself, as that it read nothing. It gets no answer. */
  noScan({ at, bytes }: RawScan): void {
    this.#waits.forget(at)
    if (this.#lastScan === at) this.#lastScan = this.#scanBefore
    this.#count('discardedBytes', bytes.length)
  }

  /** Says nothing of how the scanner is set: what came may well have been a scan. */
  gaveUp({ count, why }: GivenUp): void {
    this.#count('discardedBytes', count)
    this.#lastDiscarded = { why, atMs: this.#clock.now().wallMs }
  }

  discarded(item: Discarded): void {
    const { why } = item
    const last = this.#clock.now()
    this.gaveUp(item)
    const { sinceMs, times } = this.#unread ?? { sinceMs: last.wallMs, times: 0 }
    this.#unread = { sinceMs, last, why, times: times + 1 }
  }

  /** What a scan, or several, came to is on disk. */
  decided({ verdict, why }: Answer): void {
    this.#lastAnswer = { verdict, why, atMs: this.#clock.now().wallMs }
    if (verdict !== 'held') this.#count(verdict, 1)
  }

  /** A scan has its answer, or waits for no more than what else is scanned. */
  settled(at: Instant): void {
    if (this.#waits.settled(at)) this.#count('late', 1)
  }

  /** An answer did not reach the scanner. */
  unsent(): void {
    this.#count('unsent', 1)
  }

  health(): Health<ScannerHealth> {
    const troubles = [...this.#portTroubles(), ...this.#answerTroubles(), ...this.#unreadTroubles()]
    const { state, since, fault } = this.#standing
    const summary: ScannerHealth = {
      scanner: this.#scanner.id,
      subject: this.#scanner.subject,
      state,
      sinceMs: since.wallMs,
      where: this.#port?.where ?? null,
      remark: this.#port?.remark ?? null,
      lastScanMs: this.#lastScan?.wallMs ?? null,
      lastAnswer: this.#lastAnswer ?? null,
      counts: this.#counts,
      answerTimes: this.#waits.answerTimes,
      noticed: this.#noticed.all,
      lastDiscarded: this.#lastDiscarded,
      ...(fault === undefined ? {} : { error: withHint(fault.what, fault.hint) }),
    }
    return { summary, troubles }
  }

  #portTroubles(): readonly Trouble[] {
    const { id } = this.#scanner
    const { state, since, fault } = this.#standing
    if (state === 'connected') return []
    const words =
      state === 'connecting'
        ? { what: `${id}: its port is not open yet` }
        : (fault ?? { what: `${id}: its port is lost` })
    return [this.#trouble(state, words, since.wallMs)]
  }

  #answerTroubles(): readonly Trouble[] {
    const late = this.#waits.late(this.#scanner.id)
    return late ? [this.#trouble('unanswered', late, late.sinceMs)] : []
  }

  #unreadTroubles(): readonly Trouble[] {
    const unread = this.#unread
    if (!unread || unread.times < UNREADABLE_TIMES || this.#standing.state !== 'connected') return []
    if (elapsedMs(unread.last, this.#clock.now()) > UNREADABLE_SHOWN_MS) return []
    const what = `${this.#scanner.id}: what comes from it is no scan, ${unread.times} times in a row: ${unread.why}`
    return [this.#trouble('unreadable', { what, hint: UNREADABLE_HINT }, unread.sinceMs)]
  }

  #trouble(part: keyof typeof SCANNER_TROUBLES, words: LinkFault, sinceMs: number): Trouble {
    return { code: SCANNER_TROUBLES[part], ...words, sinceMs, scanner: this.#scanner.id }
  }

  #count(what: keyof ScannerCounts, more: number): void {
    this.#counts = { ...this.#counts, [what]: this.#counts[what] + more }
  }
}
