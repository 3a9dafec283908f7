/** For whoever looks on: what was scanned, what it was understood as, and what came of it. */
import type { Event } from '../domain/events/event.ts'
import type { Instant } from '../domain/instant.ts'
import type { UnderstoodScan } from '../domain/scan.ts'
import type { Discarded, RawScan } from '../domain/scanner.ts'
import type { Answer } from '../domain/subject.ts'

/** What a scan was read as: a message for its station, why it could not be read, or null where it was none. */
export type ScanRead = { readonly message: UnderstoodScan } | { readonly why: string } | null

/** It only listens, and decides nothing. Of a badge it gets the bytes as well, and must keep nothing of them. */
export interface ScanWatch {
  read(raw: RawScan, read: ScanRead): void
  /**
   * What a scan came to is on disk.
   * @param scannedAt the same object as in the scan; undefined: it is the answer for something that was held until now
   * @param events what was stored of it
   */
  answered(scannedAt: Instant | undefined, answer: Answer, events: readonly Event[]): void
  discarded(item: Discarded): void
}
