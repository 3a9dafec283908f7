/** The hash chain: each event's hash covers the hash before it, so that one hash proves the whole log up to there. */
import { hash } from 'node:crypto'

/** What an event's hash covers besides the hash before it. Payload is the JSON text as stored. */
export interface ChainLink {
  readonly seq: number
  readonly capturedAtMs: number
  readonly payload: string
}

/** A stored event with the hash that it was given. */
export interface ChainRow extends ChainLink {
  readonly hash: Uint8Array
}

/** A position in the log, as `LogPosition`, but with the hash as hex text, which is how it is chained. */
export interface ChainPosition {
  readonly seq: number
  readonly hash: string
}

/** One event of a walk along the chain, and what the hashes say of it. */
interface ChainStep<Row extends ChainRow> {
  readonly row: Row
  /** The first number that is missing just before it; undefined where none is. */
  readonly missingFrom: number | undefined
  /** Whether its hash proves it; undefined where that of the event before it is not known. */
  readonly isProven: boolean | undefined
}

/** The hash (hex) before the first event. It differs between incarnations, so that no two logs can ever agree. */
export function genesisHash(incarnation: string): string {
  return hash('sha256', `millrace ${incarnation}`, 'hex')
}

/** The hash (hex) of an event: SHA-256 of four lines of UTF-8 text, so that a shell can recompute it. */
export function chainHash(previous: string, link: ChainLink): string {
  return hash('sha256', `${previous}\n${link.seq}\n${link.capturedAtMs}\n${link.payload}`, 'hex')
}

/**
 * Walks along stored events in their order and recomputes each hash. After a fault it goes on from what is stored, so that
 * one changed event is one fault and not one for each event behind it.
 * @param before the last position before them; its hash is undefined where it is not known
 */
export function* walkChain<Row extends ChainRow>(
  before: { readonly seq: number; readonly hash: string | undefined },
  rows: Iterable<Row>,
): Generator<ChainStep<Row>> {
  let { seq, hash: previous } = before
  for (const row of rows) {
    const stored = storedHash(row)
    const missingFrom = row.seq === seq + 1 ? undefined : seq + 1
    const link = missingFrom === undefined ? previous : undefined
    yield { row, missingFrom, isProven: stored === undefined ? false : proves(link, row, stored) }
    seq = row.seq
    previous = stored
  }
}

function proves(previous: string | undefined, row: ChainRow, stored: string): boolean | undefined {
  return previous === undefined ? undefined : chainHash(previous, row) === stored
}

/** Undefined where a damaged page gives something else than a hash: then it proves neither this event nor the next. */
function storedHash({ hash }: ChainRow): string | undefined {
  return hash instanceof Uint8Array ? hashText(hash) : undefined
}

/** What is wrong with one event of a walk, in words; null where nothing is. */
export function chainFault({ row, missingFrom, isProven }: ChainStep<ChainRow>): string | null {
  if (missingFrom !== undefined) return missingText(missingFrom, row.seq - 1)
  return isProven === false ? `event ${row.seq} is not what was stored` : null
}

/** Which events are missing, both ends included. */
export function missingText(from: number, to: number): string {
  return from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`
}

/** A hash as it is stored and as other rooms take it. */
export function hashBytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex')
}

/** A hash as hex text. */
export function hashText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
