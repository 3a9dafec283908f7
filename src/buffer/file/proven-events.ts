/**
 * Walks through a damaged log from where it begins, and takes each event only if the hash of the one before proves it. So an event
 * behind one that is destroyed is not taken either: nothing tells any more whether it is what was stored.
 */
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { chainHash, hashBytes, hashText } from '../chain.ts'
import { attempt } from './attempt.ts'
import { type FoundEvent, type FoundRoot, foundEvent, foundRoot } from './found-event.ts'
import type { LooseEvents } from './loose-events.ts'

/** Bytes that an event takes at least: a damaged counter must not make the search endless. */
const EVENT_BYTES_MIN = 50

/** Up to where the search goes. */
interface SearchBounds {
  /** The last event that was answered; what came later is stored again by who sent it. */
  readonly lastSeq: number
  /** Of all files of the log. */
  readonly bytes: number
}

/** One number of a damaged log. */
export interface NumberFound {
  readonly seq: number
  /** Undefined where it could not be read or proven. */
  readonly event: FoundEvent | undefined
}

/** The events of a damaged log by their numbers, proven or lost. */
export class ProvenEvents {
  readonly #db: DatabaseHandle
  readonly #loose: LooseEvents
  readonly #bounds: SearchBounds
  readonly #read: (seq: number) => FoundEvent | undefined
  /** Undefined where nothing tells any more where the log begins. */
  readonly root: FoundRoot | undefined

  constructor(db: DatabaseHandle, loose: LooseEvents, bounds: SearchBounds) {
    this.#db = db
    this.#loose = loose
    this.#bounds = bounds
    this.#read = rowReader(db)
    this.root = this.#findRoot()
  }

  /** The number before the first that was kept, or before the first that is found where nothing tells any more what was kept. */
  get beforeFirst(): number {
    if (this.root) return this.root.seq
    const first = this.#numberIn('SELECT min(seq) FROM event') || this.#loose.firstSeqFrom(1) || 1
    return Math.max(first - 1, 0)
  }

  /** The last number that was given to an event; 0 where that cannot be read any more. */
  get counted(): number {
    return this.#numberIn("SELECT seq FROM sqlite_sequence WHERE name = 'event'")
  }

  /** Every number that was kept, in order; without the counter, as far as the highest number that is found. */
  *walk(): Generator<NumberFound> {
    const { counted, beforeFirst } = this
    const first = this.#firstLeft(beforeFirst + 1)
    const highest = this.#highest(counted, first)
    for (let seq = beforeFirst + 1; seq < first && seq <= highest; seq += 1) yield { seq, event: undefined }
    let link = first === beforeFirst + 1 ? this.root && hashText(this.root.hash) : undefined
    let doubtful: NumberFound[] = []
    for (let seq = first; seq <= highest; seq += 1) {
      const event = link === undefined ? undefined : this.#provenBy(link, seq)
      link = linkOf(event ?? this.#read(seq))
      // Numbers beyond the counter were never given, unless an event proves that they were.
      doubtful.push({ seq, event })
      if (!event && seq > counted && counted > 0) continue
      yield* doubtful
      doubtful = []
    }
  }

  #provenBy(link: string, seq: number): FoundEvent | undefined {
    const inTable = this.#read(seq)
    if (!inTable) return this.#loose.find(seq).find((event) => proves(link, event))
    if (proves(link, inTable)) return inTable
    return this.#provenByNext(link, inTable) ?? this.#loose.find(seq).find((event) => proves(link, event))
  }

  /** Where only the hash of an event was destroyed, the event behind it proves both. */
  #provenByNext(link: string, event: FoundEvent): FoundEvent | undefined {
    const next = this.#read(event.seq + 1)
    const computed = chainHash(link, event)
    return next && proves(computed, next) ? { ...event, hash: hashBytes(computed) } : undefined
  }

  /** The first number of which anything is left: there may be millions before it, and asking for each would take minutes. */
  #firstLeft(first: number): number {
    return this.#read(first) ? first : (this.#loose.firstSeqFrom(first) ?? first)
  }

  /** Without a counter the bare pages are asked too: of a table whose pages are mixed up SQLite may read far too few. */
  #highest(counted: number, first: number): number {
    const inTable = this.#numberIn('SELECT max(seq) FROM event')
    const known = Math.max(counted, inTable, counted > 0 ? 0 : this.#loose.lastSeq)
    const { lastSeq, bytes } = this.#bounds
    return Math.min(known, lastSeq, first - 1 + Math.ceil(bytes / EVENT_BYTES_MIN))
  }

  /** A beginning counts where its own hash or the event behind it proves it. */
  #findRoot(): FoundRoot | undefined {
    const columns = 'incarnation, pruned_seq AS seq, pruned_hash AS hash'
    const isProven = 'hash IS proof(incarnation, epoch, pruned_seq, pruned_hash)'
    const select = (condition: string) =>
      attempt(() => this.#db.prepare<[], FoundRoot>(`SELECT ${columns} FROM meta WHERE ${condition}`).get())
    const proven = select(isProven)
    if (proven) return proven
    const inTable = foundRoot({ ...select('true') })
    return [...(inTable ? [inTable] : []), ...this.#loose.roots].find((root) => this.#isFirst(root))
  }

  #isFirst({ seq, hash }: FoundRoot): boolean {
    const first = this.#read(seq + 1) ?? this.#loose.find(seq + 1)[0]
    return first !== undefined && proves(hashText(hash), first)
  }

  #numberIn(sql: string): number {
    const found = attempt(() => this.#db.prepare<[], unknown>(sql).pluck().get())
    return Number.isSafeInteger(found) ? (found as number) : 0
  }
}

function proves(link: string, event: FoundEvent): boolean {
  return chainHash(link, event) === hashText(event.hash)
}

function linkOf(event: FoundEvent | undefined): string | undefined {
  return event && hashText(event.hash)
}

function rowReader(db: DatabaseHandle): (seq: number) => FoundEvent | undefined {
  const select = attempt(() =>
    db.prepare<[number], FoundEvent>(
      `SELECT seq, payload, captured_at_ms AS capturedAtMs, mono_ms AS monoMs, boot, hash
       FROM event WHERE seq = ?`,
    ),
  )
  return (seq) => foundEvent(seq, { ...attempt(() => select?.get(seq)) })
}
