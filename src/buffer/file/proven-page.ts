/**
 * Reads events so that none is handed on which is not what was stored. The chain is computed over a page, and where it ends with
 * the hash that was stored with the page's last event, that one comparison proves the whole page.
 */
import { Damage } from '../../sqlite/store-fault.ts'
import { type ChainPosition, chainFault, chainHash, hashText, missingText, walkChain } from '../chain.ts'
import type { StoredPage } from '../messages.ts'
import type { EventLog } from './event-log.ts'

/** SHA-256. */
const HASH_BYTES = 32

type ProvenPage = Omit<StoredPage, 'leftOut'>

const NOTHING: ProvenPage = { firstSeq: 0, payloads: [], capturedAtMs: [], hashes: new Uint8Array() }

/**
 * The events after a number, at most `limit` or as many as make a page.
 * @throws Damage when one is missing or is not what was stored
 */
export function provenPage(log: EventLog, afterSeq: number, limit: number): ProvenPage {
  if (afterSeq >= log.tail.seq || limit <= 0) return NOTHING
  const before = afterSeq <= log.pruned.seq ? log.pruned : positionAt(log, afterSeq)
  const payloads: string[] = []
  const capturedAtMs: number[] = []
  const hashes: string[] = []
  let { seq, hash } = before
  for (const link of log.links(before.seq, limit)) {
    seq += 1
    if (link.seq !== seq) throw new Damage(missingText(seq, link.seq - 1))
    hash = chainHash(hash, link)
    payloads.push(link.payload)
    capturedAtMs.push(link.capturedAtMs)
    hashes.push(hash)
  }
  if (payloads.length === 0) throw new Damage(missingText(seq + 1, log.tail.seq))
  if (storedHashAt(log, seq) !== hash) throw new Damage(faultBetween(log, before, seq))
  return {
    firstSeq: before.seq + 1,
    payloads,
    capturedAtMs,
    hashes: new Uint8Array(Buffer.from(hashes.join(''), 'hex')),
  }
}

/** The hash of an event, proven; undefined for one that is not kept. @throws Damage */
export function provenHashAt(log: EventLog, seq: number): Uint8Array | undefined {
  if (seq <= log.pruned.seq || seq > log.tail.seq) return log.hashAt(seq)
  return provenPage(log, seq - 1, 1).hashes
}

/** Proves every event that is kept. @throws Damage */
export function verifyAll(log: EventLog): void {
  let afterSeq = log.pruned.seq
  while (afterSeq < log.tail.seq) {
    const { firstSeq, payloads } = provenPage(log, afterSeq, Number.MAX_SAFE_INTEGER)
    afterSeq = firstSeq + payloads.length - 1
  }
}

/** The position of an event that is kept, or of the last one removed. @throws Damage when it is not there */
export function positionAt(log: EventLog, seq: number): ChainPosition {
  const hash = storedHashAt(log, seq)
  if (hash === undefined) throw new Damage(missingText(seq, seq))
  return { seq, hash }
}

/** Undefined where there is none, or something else in its place. */
function storedHashAt(log: EventLog, seq: number): string | undefined {
  const hash: unknown = log.hashAt(seq)
  return hash instanceof Uint8Array && hash.length === HASH_BYTES ? hashText(hash) : undefined
}

/** Names the first event that is to blame. */
function faultBetween(log: EventLog, before: ChainPosition, upToSeq: number): string {
  for (const step of walkChain(before, log.page(before.seq, upToSeq - before.seq))) {
    const fault = chainFault(step)
    if (fault !== null) return fault
  }
  return `events ${before.seq + 1} to ${upToSeq} are not what was stored`
}
