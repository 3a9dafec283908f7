/**
 * A page of events on its way between the threads: as lists, because copying thousands of objects, each with bytes of its own,
 * costs as much again as reading them from the file.
 */
import type { StoredPage, StoredRow } from './messages.ts'

/** The events of a page, one by one. */
export function rowsOf({ firstSeq, payloads, capturedAtMs, hashes, leftOut }: StoredPage): StoredRow[] {
  const hashBytes = hashes.length / payloads.length
  return payloads.map((payload, index) => ({
    seq: firstSeq + index,
    payload,
    capturedAtMs: capturedAtMs[index] as number,
    hash: hashes.subarray(index * hashBytes, (index + 1) * hashBytes),
    isLeftOut: leftOut.has(firstSeq + index),
  }))
}
