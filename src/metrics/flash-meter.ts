/**
 * How many bytes this process really hands to the disk. A memory card or a cheap SSD takes only so many in its life, so that bytes a
 * day decide how many years it lasts. The kernel counts them for the process with all its threads (`write_bytes` in /proc/self/io),
 * that is what left the page cache, each page as often as it was written. What the disk itself writes besides, nobody here can see.
 *
 * They are kept hour by hour in a file, so that a day is a day also over restarts. Writing it costs a page every ten minutes.
 */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Trouble } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import { RecordKeeper, readRecords } from '../runtime/kept-records.ts'

/** The codes of what can be wrong with it. Alerts are named by it. */
const FLASH_TROUBLES = {
  /** More was written within a day than the disk is to take. */
  budget: 'flash-budget',
} as const

/** What was written. */
export interface FlashUse {
  /** Since this process was started; null where the kernel does not say it. */
  readonly startedBytes: number | null
  /** Since the data folder was first used; null where the kernel does not say it. */
  readonly totalBytes: number | null
  /** Within the last 24 hours in which a gateway ran, in full hours and the present one. */
  readonly dayBytes: number | null
  /** What a day may take; null where nobody has said it. */
  readonly budgetBytes: number | null
}

const HOUR_MS = 3_600_000
const DAY_HOURS = 24
const SAVE_EVERY_MS = 10 * 60_000
/** In the data folder. */
const FOLDER = 'wear'
const RECORD = 'flash'
const BYTES_MAX = 100_000

const kept = z.object({
  totalBytes: z.number().min(0),
  /** The hour since 1970, and what was written in it; the oldest first. */
  hours: z.array(z.tuple([z.int(), z.number().min(0)])).max(10 * DAY_HOURS),
})
type Kept = z.output<typeof kept>

interface MeterParts {
  readonly folder: string
  readonly budgetBytes?: number | undefined
  readonly clock: Pick<Clock, 'now'>
  /** Bytes that this process has written so far; null where nobody says. */
  readonly written: () => Promise<number | null>
}

/** Measures while somebody looks. */
export class FlashMeter {
  readonly #parts: MeterParts
  readonly #keeper: RecordKeeper
  #kept: Kept
  #seenBytes = 0
  #isKnown = false
  #savedAtMs: number
  #overSinceMs: number | undefined

  constructor(parts: MeterParts) {
    this.#parts = parts
    this.#keeper = new RecordKeeper(parts.folder)
    this.#kept = readKept(parts.folder)
    this.#savedAtMs = parts.clock.now().monoMs
  }

  get use(): FlashUse {
    const budgetBytes = this.#parts.budgetBytes ?? null
    if (!this.#isKnown) return { startedBytes: null, totalBytes: null, dayBytes: null, budgetBytes }
    const { totalBytes } = this.#kept
    return { startedBytes: this.#seenBytes, totalBytes, dayBytes: this.#dayBytes(), budgetBytes }
  }

  get troubles(): readonly Trouble[] {
    const { dayBytes, budgetBytes } = this.use
    if (this.#overSinceMs === undefined || dayBytes === null || budgetBytes === null) return []
    const what = `${megabytes(dayBytes)} were written to the disk within 24 hours, and buffer.flash_budget is ${megabytes(budgetBytes)}`
    const hint =
      'lengthen poll of devices whose values change all the time, or set recording: false where nobody tries edited maps; ' +
      'raise the budget where the disk takes more'
    return [{ code: FLASH_TROUBLES.budget, what, hint, sinceMs: this.#overSinceMs }]
  }

  /** Takes in what was written since the last look. */
  async look(): Promise<void> {
    const { clock, written } = this.#parts
    const bytes = await written()
    if (bytes === null) return
    this.#isKnown = true
    const { wallMs, monoMs } = clock.now()
    this.#add(Math.max(0, bytes - this.#seenBytes), Math.floor(wallMs / HOUR_MS))
    // Less than before: what was thrown away before it was written is taken off. It must not be counted a second time.
    this.#seenBytes = Math.max(this.#seenBytes, bytes)
    const isOver = this.#dayBytes() > (this.#parts.budgetBytes ?? Number.POSITIVE_INFINITY)
    this.#overSinceMs = isOver ? (this.#overSinceMs ?? wallMs) : undefined
    if (monoMs - this.#savedAtMs >= SAVE_EVERY_MS) await this.save()
  }

  /** On a disk that takes nothing the next one tries again. The main thread does not wait for it. */
  async save(): Promise<void> {
    if (!this.#isKnown) return
    this.#savedAtMs = this.#parts.clock.now().monoMs
    try {
      await this.#keeper.keep(RECORD, this.#kept)
    } catch {
      // What cannot be written costs no more than the figures of a few minutes.
    }
  }

  #add(bytes: number, hour: number): void {
    const others = this.#kept.hours.filter(([at]) => at !== hour)
    const before = this.#kept.hours.find(([at]) => at === hour)?.[1] ?? 0
    // A clock that was ahead must not keep hours that are still to come.
    const hours = [...others.filter(([at]) => at < hour && at > hour - DAY_HOURS), [hour, before + bytes]]
    this.#kept = { totalBytes: this.#kept.totalBytes + bytes, hours: hours as Kept['hours'] }
  }

  #dayBytes(): number {
    return this.#kept.hours.reduce((sum, [, bytes]) => sum + bytes, 0)
  }
}

/** Where it is kept, below the data folder. */
export const FLASH_FOLDER = FOLDER

/** `write_bytes` of this process, less what was thrown away before it was written. */
export async function bytesWritten(): Promise<number | null> {
  const text = await readFile('/proc/self/io', 'latin1').catch(() => '')
  const of = (key: string) => Number(new RegExp(`^${key}: (\\d+)$`, 'm').exec(text)?.[1])
  const bytes = of('write_bytes') - of('cancelled_write_bytes')
  return Number.isFinite(bytes) ? Math.max(0, bytes) : null
}

function readKept(folder: string): Kept {
  const values = [...readRecords(folder, BYTES_MAX)].map(({ value }) => kept.safeParse(value))
  return values.find(({ success }) => success)?.data ?? { totalBytes: 0, hours: [] }
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(0)} MB`
}
