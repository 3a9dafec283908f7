/**
 * Collects one scanner: a scan is understood and handed on, one at a time and in order, and answered once it is on disk.
 * Nothing that was scanned is ever written to the log here: it may be a badge.
 */
import { GatewayError, type LinkLost, withHint } from '../domain/errors.ts'
import type { Event } from '../domain/events/event.ts'
import type { ScannerHealth } from '../domain/health.ts'
import type { UnderstoodScan } from '../domain/scan.ts'
import type {
  Discarded,
  GivenUp,
  PortOpened,
  RawScan,
  ScannerContext,
  ScannerItem,
  ScannerLink,
  ScannerTransport,
} from '../domain/scanner.ts'
import type { StationMap } from '../domain/station-map.ts'
import type { Answer, Receipt } from '../domain/subject.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { within } from '../runtime/within.ts'
import { keepLink, type LinkSource } from './keep-link.ts'
import type { Collector } from './roster.ts'
import { noticesOf } from './scan-notices.ts'
import type { ScanRead, ScanWatch } from './scan-watch.ts'
import { ScannerAnswers } from './scanner-answers.ts'
import { SCANNER_TROUBLES, type ScannerRecord } from './scanner-record.ts'

/** What is looked up is on this computer; a look-up that takes longer is stuck. */
const READ_MAX_MS = 5_000
/** After a stop is asked for, what was scanned last has so long to be understood, and again to be stored and answered. */
const LAST_ANSWERS_MS = 500

interface ScannerOptions {
  readonly map: Pick<StationMap, 'port' | 'acknowledgement'>
  readonly transport: ScannerTransport
  /** What was known of the scanner under an earlier map is in it already. */
  readonly record: ScannerRecord
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
  /** Understands a scan, and looks up what it stands for; null: it is none, but what the scanner says of itself. */
  readonly readScan: (raw: RawScan) => Promise<UnderstoodScan | null>
  /** Takes each message, in order; what the station answers comes to `answered` before it returns. */
  readonly deliver: (message: UnderstoodScan) => Receipt
  /** Its port was opened, or lost for the first time since; an idle connection that is made again is neither. */
  readonly linkChanged?: (change: { readonly up: boolean; readonly cause?: string }) => void
  /** Who looks on. */
  readonly watch?: ScanWatch
}

/** Keeps the port of one scanner open. */
export interface ScannerCollector extends Collector<ScannerHealth> {
  /** What the station says to the scan that is delivered, or to one that it has held until now. */
  answered(answer: Answer, durable: Promise<void>, events?: readonly Event[]): void
}

/** Nothing is opened before it runs. Running ends with an error that is not the scanner's. */
export function collectScanner(options: ScannerOptions): ScannerCollector {
  const { map, record, log, watch } = options
  const { acknowledgement } = map
  record.begun()
  const answers = new ScannerAnswers({ scanner: map.port.id, acknowledgement, record, log, watch })
  return {
    name: `scanner ${map.port.id}`,
    health: () => record.health(),
    answered: (...answer) => answers.answer(...answer),
    run: async (signal) => {
      try {
        await keepLink(scannerSource(options, answers, signal), options, signal)
      } catch (error) {
        record.failed(error)
        throw error
      }
    },
  }
}

/** What the log says of a port. What is no news is written for those only who want everything. */
function portLines(scanner: string, log: ScannerOptions['log']) {
  return {
    connected({ where, remark }: PortOpened, isNews: boolean): void {
      log[isNews ? 'info' : 'debug'](
        { event: 'scanner-connected', scanner, where },
        `${scanner} is connected`,
      )
      if (isNews && remark !== undefined)
        log.info({ event: 'scanner-remark', scanner }, `${scanner}: ${remark}`)
    },
    reopened(fault: LinkLost, isNews: boolean): void {
      const what = `${fault.message}; it is opened again`
      log[isNews ? 'info' : 'debug']({ event: 'scanner-reopened', scanner, error: fault }, what)
    },
    discarded({ count, why }: Discarded): void {
      const what = `${scanner}: bytes that were no scan: ${why}`
      log.warn({ event: 'scanner-bytes', scanner, bytes: count }, what)
    },
    gaveUp({ count, why }: GivenUp): void {
      const what = `${scanner}: ${count} bytes are given up that came while the gateway stood still: ${why}`
      log.warn({ event: 'scanner-bytes', scanner, bytes: count }, what)
    },
    lost(fault: LinkLost, isNews: boolean): void {
      log[isNews ? 'warn' : 'debug'](
        { event: 'scanner-lost', scanner, code: SCANNER_TROUBLES.lost, error: fault },
        fault.message,
      )
    },
  }
}

/** Bytes that become no scan are said to whoever looks on, in `status` and in the log. */
function unreadBytes(
  { record, watch }: Pick<ScannerOptions, 'record' | 'watch'>,
  lines: Pick<ReturnType<typeof portLines>, 'discarded' | 'gaveUp'>,
) {
  return {
    discarded(item: Discarded): void {
      record.discarded(item)
      watch?.discarded(item)
      lines.discarded(item)
    },
    gaveUp(bytes: GivenUp): void {
      record.gaveUp(bytes)
      watch?.discarded({ kind: 'discarded', ...bytes })
      lines.gaveUp(bytes)
    },
  }
}

/** What keeping the port open comes to: its record for `status`, the log, and the messages for the station. */
function scannerSource(
  options: ScannerOptions,
  answers: ScannerAnswers,
  stop: AbortSignal,
): LinkSource<ScannerItem> {
  const { map, record, transport, clock, log } = options
  const scanner = map.port.id
  const lines = portLines(scanner, log)
  const { gaveUp, discarded } = unreadBytes(options, lines)
  const context: ScannerContext = { ...clock, log, gaveUp }

  function opened(port: PortOpened): void {
    const isNews = record.opened(port)
    if (isNews) options.linkChanged?.({ up: true })
    lines.connected(port, isNews)
  }

  let hasEndedIdle = false
  function endedIdle(fault: LinkLost): void {
    lines.reopened(fault, !hasEndedIdle)
    hasEndedIdle = true
  }

  async function scanned(raw: RawScan): Promise<void> {
    record.scanned(raw.at)
    const read = await readOrRefuse(options, raw, stop)
    options.watch?.read(raw, read)
    if (read === null) return record.noScan(raw)
    const notices = 'why' in read ? [] : noticesOf(raw, read.message)
    record.read(raw.at, notices)
    for (const what of notices) log.info({ event: 'scan-remark', scanner }, `${scanner}: ${what}`)
    const receipt = answers.during(raw.at, () => {
      if (!('why' in read)) return options.deliver(read.message)
      answers.answer({ verdict: 'bad', why: read.why }, Promise.resolve())
      return undefined
    })
    if (receipt?.crowded) await receipt.durable
    if (answers.isFull) await answers.given
  }

  return {
    name: scanner,
    connect: async (signal) => {
      const link = await transport.connect(map.port, context, signal)
      answers.opened(link)
      return answeredBeforeClosed(link, answers, { clock, stop })
    },
    // That it is open comes as its first item.
    up: async () => undefined,
    take: (item) => {
      if (item.kind === 'scan') return scanned(item)
      if (item.kind === 'opened') opened(item)
      else discarded(item)
      return undefined
    },
    down: async (fault: LinkLost) => {
      if (record.endedIdle(fault)) return endedIdle(fault)
      const isNews = record.lost(fault)
      if (isNews) options.linkChanged?.({ up: false, cause: fault.message })
      lines.lost(fault, isNews)
    },
  }
}

/** A scan that cannot be read, for whatever reason of ours, is refused: an operator hears it, and scans again. */
async function readOrRefuse(
  { map, readScan, clock, log }: ScannerOptions,
  raw: RawScan,
  stop: AbortSignal,
): Promise<ScanRead> {
  const scanner = map.port.id
  try {
    const reading = readScan(raw).then((message) => message && { message })
    const bounds = { clock, maxMs: READ_MAX_MS, signal: stop, graceMs: () => LAST_ANSWERS_MS }
    return await within(reading, bounds, () => {
      throw new Error('late')
    })
  } catch (error) {
    // What an unforeseen error says may hold what was scanned: only ours are shown.
    const why =
      error instanceof GatewayError ? withHint(error.message, error.hint) : 'it could not be looked up'
    const kind = error instanceof Error ? error.name : typeof error
    const code = error instanceof GatewayError ? { code: error.code } : {}
    log.error(
      { event: 'scan-unread', scanner, kind, ...code },
      `${scanner}: a scan could not be read: ${why}`,
    )
    return { why }
  }
}

/** The link, of which what was scanned last is answered before we close it for a stop. */
function answeredBeforeClosed(
  link: ScannerLink,
  answers: ScannerAnswers,
  { clock, stop }: { readonly clock: Clock; readonly stop: AbortSignal },
): AsyncIterable<ScannerItem> & AsyncDisposable {
  return {
    [Symbol.asyncIterator]: () => link[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: async () => {
      if (stop.aborted) await within(answers.given, { clock, maxMs: LAST_ANSWERS_MS }, () => undefined)
      answers.closed()
      await link[Symbol.asyncDispose]()
    },
  }
}
