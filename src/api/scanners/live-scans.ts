/**
 * The last scans of each station, for whoever stands there with the scanner in one hand and this page in the other. They are kept in
 * memory, a few for each station. Of a badge nothing is kept but that it was one, and whose.
 */
import type { ScanRead, ScanWatch } from '../../collector/scan-watch.ts'
import type { Event } from '../../domain/events/event.ts'
import type { Scan } from '../../domain/events/scan.ts'
import { type Instant, utcText } from '../../domain/instant.ts'
import type { RawScan } from '../../domain/scanner.ts'
import type { StationMap } from '../../domain/station-map.ts'
import type { Answer } from '../../domain/subject.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { LiveScanShape } from './shapes.ts'
import { understoodAs } from './understood-scan.ts'

/** Kept for each station, and sent to a page at once. */
const SCANS_KEPT = 25

export interface LiveScans {
  /** Looks on at a station from now on. */
  of(map: StationMap): ScanWatch
  /** The newest first; of all stations where none is named. */
  latest(scanner?: string): readonly LiveScanShape[]
  /** Calls back whenever something is scanned or answered. @returns the way to stop */
  onChange(listener: (scanner: string) => void): () => void
}

/** One scan, and the moment by which its answer is told apart from others. */
interface KeptScan {
  readonly scannedAt: Instant | undefined
  readonly shape: LiveScanShape
}

export function createLiveScans(clock: Pick<Clock, 'now'>): LiveScans {
  return new ScanRings(clock)
}

class ScanRings implements LiveScans {
  readonly #clock: Pick<Clock, 'now'>
  readonly #rings = new Map<string, readonly KeptScan[]>()
  readonly #badges = new Map<string, string>()
  readonly #listeners = new Set<(scanner: string) => void>()
  #lastId = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  of(map: StationMap): ScanWatch {
    this.#forgetWhereBadgesChange(map)
    const { scanner } = map
    return {
      read: (raw, read) => this.#add(scanner, raw.at, readShape(map, raw, read)),
      answered: (scannedAt, answer, events) => this.#answer(scanner, scannedAt, { answer, events }),
      discarded: ({ why }) => this.#add(scanner, undefined, { kind: 'noise', why }),
    }
  }

  latest(scanner?: string): readonly LiveScanShape[] {
    const rings = scanner === undefined ? [...this.#rings.values()] : [this.#rings.get(scanner) ?? []]
    const shapes = rings.flatMap((ring) => ring.map(({ shape }) => shape))
    return shapes.toSorted((a, b) => b.id - a.id).slice(0, SCANS_KEPT)
  }

  onChange(listener: (scanner: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What was a code under the map before may be a badge under the one that comes into force now. */
  #forgetWhereBadgesChange({ scanner, operator }: StationMap): void {
    const patterns = JSON.stringify(operator.badges.map(String))
    if (this.#badges.get(scanner) === patterns) return
    this.#badges.set(scanner, patterns)
    this.#rings.clear()
  }

  #add(scanner: string, scannedAt: Instant | undefined, found: Partial<LiveScanShape>): void {
    this.#lastId += 1
    const at = utcText((scannedAt ?? this.#clock.now()).wallMs)
    const shape = { ...NOTHING_KNOWN, ...found, id: this.#lastId, scanner, at }
    const before = this.#rings.get(scanner) ?? []
    this.#rings.set(scanner, [...before, { scannedAt, shape }].slice(-SCANS_KEPT))
    this.#tell(scanner)
  }

  #answer(
    scanner: string,
    scannedAt: Instant | undefined,
    { answer, events }: { readonly answer: Answer; readonly events: readonly Event[] },
  ): void {
    const verdict = { verdict: answer.verdict, verdict_why: answer.why, stored: storedAs(events) }
    const ring = this.#rings.get(scanner) ?? []
    const isIt = (kept: KeptScan) => scannedAt !== undefined && kept.scannedAt === scannedAt
    if (!ring.some(isIt)) {
      this.#add(scanner, undefined, { kind: 'later', ...verdict })
      return
    }
    const answered = ring.map((kept) =>
      isIt(kept) ? { ...kept, shape: { ...kept.shape, ...verdict } } : kept,
    )
    this.#rings.set(scanner, answered)
    this.#tell(scanner)
  }

  #tell(scanner: string): void {
    for (const listener of this.#listeners) listener(scanner)
  }
}

const NOTHING_KNOWN: Omit<LiveScanShape, 'id' | 'scanner' | 'at'> = {
  kind: 'no-scan',
  raw: null,
  data: null,
  aim_id: null,
  symbology: null,
  scan_type: null,
  meaning: null,
  meaning_value: null,
  rule: null,
  fields: [],
  marks: [],
  lookup: null,
  operator: null,
  why: null,
  verdict: null,
  verdict_why: null,
  stored: [],
}

/** Of the bytes of anything but a code nothing is shown: they may be those of a badge. */
function readShape(map: StationMap, raw: RawScan, read: ScanRead): Partial<LiveScanShape> {
  if (read === null) return { kind: 'no-scan' }
  if ('why' in read) return { kind: 'unread', why: read.why }
  const { message } = read
  if (message.kind === 'badge') return { kind: 'badge', operator: message.operator, why: message.why }
  return { kind: 'code', ...understoodAs(map, raw, message) }
}

function storedAs(events: readonly Event[]): string[] {
  return events.map((event) => (event.kind === 'scan' ? (event as Scan).scanType : event.kind))
}
