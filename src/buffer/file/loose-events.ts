/**
 * The events of a damaged log that lie on its pages, whether the table still leads to them or not. Among them are remains of events
 * that were removed or numbered anew: only the hash of the event before tells which one is of the log.
 */
import { LeafPages, type LeafRow } from '../../sqlite/leaf-rows.ts'
import { attempt } from './attempt.ts'
import { type FoundEvent, type FoundRoot, foundEvent, rootOf } from './found-event.ts'

const EVENT_COLUMNS = 6

interface EventPage {
  readonly page: number
  readonly firstSeq: number
  readonly lastSeq: number
}

interface OpenPage {
  readonly lastSeq: number
  readonly events: readonly FoundEvent[]
}

/** Looks through all pages when first asked. Numbers are best asked for in ascending order. */
export class LooseEvents implements Disposable {
  readonly #file: string
  #pages: LeafPages | undefined
  #index: readonly EventPage[] = []
  #roots: readonly FoundRoot[] = []
  #lastAsked = 0
  #opened = 0
  #open: readonly OpenPage[] = []

  constructor(file: string) {
    this.#file = file
  }

  /** All events that ever had this number and were not overwritten yet. */
  find(seq: number): readonly FoundEvent[] {
    const pages = this.#search()
    if (!pages) return []
    if (seq < this.#lastAsked) {
      this.#opened = 0
      this.#open = []
    }
    this.#lastAsked = seq
    for (
      let next = this.#index[this.#opened];
      next && next.firstSeq <= seq;
      next = this.#index[this.#opened]
    ) {
      this.#open = [...this.#open, { lastSeq: next.lastSeq, events: eventsOn(pages, next.page) }]
      this.#opened += 1
    }
    this.#open = this.#open.filter(({ lastSeq }) => lastSeq >= seq)
    return this.#open.flatMap(({ events }) => events.filter((event) => event.seq === seq))
  }

  /** Where the log may begin, by every row that ever said so. */
  get roots(): readonly FoundRoot[] {
    this.#search()
    return this.#roots
  }

  /** The lowest number found that is not below one; undefined where there is none. */
  firstSeqFrom(seq: number): number | undefined {
    this.#search()
    const next = this.#index.filter(({ lastSeq }) => lastSeq >= seq)
    // Ordered by where they begin, so the first of them begins lowest.
    return next[0] && Math.max(next[0].firstSeq, seq)
  }

  /** The highest number found. */
  get lastSeq(): number {
    this.#search()
    return this.#index.reduce((highest, { lastSeq }) => Math.max(highest, lastSeq), 0)
  }

  [Symbol.dispose](): void {
    this.#pages?.[Symbol.dispose]()
  }

  #search(): LeafPages | undefined {
    if (this.#pages) return this.#pages
    const pages = attempt(() => new LeafPages(this.#file))
    if (!pages) return undefined
    this.#pages = pages
    const index: EventPage[] = []
    const roots: FoundRoot[] = []
    for (let page = 1; page <= pages.count; page += 1) {
      const rows = attempt(() => pages.rows(page)) ?? []
      const seqs = rows.flatMap((row) => eventOf(row)?.seq ?? [])
      if (seqs.length > 0) index.push({ page, firstSeq: Math.min(...seqs), lastSeq: Math.max(...seqs) })
      roots.push(...rows.flatMap((row) => rootOf(row) ?? []))
    }
    this.#index = index.sort((a, b) => a.firstSeq - b.firstSeq)
    this.#roots = roots
    return pages
  }
}

function eventsOn(pages: LeafPages, page: number): readonly FoundEvent[] {
  const rows = attempt(() => pages.rows(page)) ?? []
  return rows.flatMap((row) => eventOf(row) ?? [])
}

/** By the number and the types of the columns of the table `event`. */
function eventOf({ rowNumber, values }: LeafRow): FoundEvent | undefined {
  const [, payload, capturedAtMs, monoMs, boot, hash] = values
  const isEvent = values.length === EVENT_COLUMNS && typeof boot === 'number' && hash instanceof Uint8Array
  return isEvent ? foundEvent(rowNumber, { payload, capturedAtMs, monoMs, boot, hash }) : undefined
}
