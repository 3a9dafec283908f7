/**
 * A batch that is handed to a destination page by page, for as long as full pages wait in the log. While one is on its way the next is
 * read, so that the destination has work without a pause, and only the pages of one batch are in memory.
 */
import type { NextPage, Page } from '../domain/destination.ts'
import type { LogPosition, Outbox, StoredEvent } from '../domain/outbox.ts'
import type { BatchSize } from './batches.ts'

/** Events as they were read, and those among them that the route takes. */
export type ReadPage = Pick<Page, 'events' | 'wanted'>

/** What a batch is made with. */
interface BatchParts {
  readonly outbox: Outbox
  readonly size: BatchSize
  /** Reads the page behind a number; undefined where it is not a full one. */
  readonly read: (afterSeq: number) => Promise<ReadPage | undefined>
  /** Whether the batch may still grow. */
  readonly goesOn: () => boolean
  /** Whether an event is to be searched for what refuses it: a batch ends before it. */
  readonly isSuspect: (event: StoredEvent) => boolean
}

/** One batch; it begins with a page that was read. */
export class GrowingBatch {
  readonly #parts: BatchParts
  /** As the size was when it began. */
  readonly #rowsMax: number
  readonly #pages: ReadPage[]
  /** The page behind the last of them, once it is being read; it may turn out to belong to the next batch. */
  #ahead: Promise<ReadPage | undefined> | undefined

  constructor(first: ReadPage, parts: BatchParts) {
    this.#parts = parts
    this.#rowsMax = parts.size.rows
    this.#pages = [first]
  }

  /** What was handed out so far. */
  get events(): readonly StoredEvent[] {
    return this.#pages.flatMap(({ events }) => events)
  }

  async first(): Promise<Page> {
    return this.#handedOut()
  }

  /** Never rejects, because what was read before is to land all the same. Why reading failed is told by {@link rest}. */
  readonly more: NextPage = () => this.#readOn().catch(() => undefined)

  /**
   * The full page behind a position, if it was read. Less than that is read again together with what comes until then.
   * @throws StoreError why it could not be read
   */
  async rest(position: LogPosition): Promise<ReadPage | undefined> {
    const left = this.#pages.find(({ events }) => follows(events, position)) ?? (await this.#ahead)
    return left && follows(left.events, position) ? left : undefined
  }

  async #readOn(): Promise<Page | undefined> {
    if (!(await this.#isPageWaiting())) return undefined
    this.#ahead = this.#parts.read(this.#lastSeq)
    const next = await this.#ahead
    if (!next || !this.#mayGrow() || !this.#isToFollow(next)) return undefined
    this.#pages.push(next)
    this.#ahead = undefined
    return this.#handedOut()
  }

  /** The last page, as a destination gets it. */
  async #handedOut(): Promise<Page> {
    const page = this.#pages.at(-1)
    if (!page) throw new Error('a batch begins with a page')
    return { ...page, isLast: !(this.#mayGrow() && (await this.#isPageWaiting())) }
  }

  get #lastSeq(): number {
    return this.#pages.at(-1)?.events.at(-1)?.seq ?? 0
  }

  #mayGrow(): boolean {
    const { size, goesOn } = this.#parts
    const rows = this.#pages.reduce((sum, { events }) => sum + events.length, 0)
    return rows + size.pageRows <= this.#rowsMax && goesOn()
  }

  async #isPageWaiting(): Promise<boolean> {
    const { outbox, size } = this.#parts
    return (await outbox.stats()).lastSeq - this.#lastSeq >= size.pageRows
  }

  #isToFollow({ events }: ReadPage): boolean {
    return events[0]?.seq === this.#lastSeq + 1 && !events.some(this.#parts.isSuspect)
  }
}

/** Whether events are the ones behind a position. */
export function follows([first]: readonly StoredEvent[], position: LogPosition): boolean {
  return first?.seq === position.seq + 1
}
