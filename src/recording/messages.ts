/** What the main thread and the thread that owns the recording's file say to each other. */

import type { SegmentHead } from './segment.ts'
import type { RecordingBounds } from './settings.ts'

/** What the thread is started with. */
export interface RecordingSetup extends RecordingBounds {
  readonly file: string
}

/** What is to be written, in one transaction. */
export interface TapeBatch {
  /** Segments that have begun since the last batch. */
  readonly begun: readonly BegunSegment[]
  readonly chunks: readonly TapeChunk[]
  /** Segments that more may come of. The file closes all others, whatever ended them. */
  readonly lasting: readonly number[]
  /** By the wall clock, ms since 1970. */
  readonly nowMs: number
}

/** A segment of this life of the gateway, by a number of its own. */
export interface BegunSegment {
  readonly id: number
  readonly head: Omit<SegmentHead, 'map'>
  /** The recorded map; absent where it is that of the machine's segment before. */
  readonly map?: SegmentHead['map'] | undefined
}

/** A piece of the tape of a segment. */
export interface TapeChunk {
  readonly segment: number
  readonly bytes: Uint8Array
}

/** What can be asked of the file. A type, so that the link can look its calls up by name. */
export interface RecordingCalls {
  write(batch: TapeBatch): void
}
