/** What the main thread and the thread that owns the audit trail say to each other. */
import type { ChainHead, ChainName, NewRecord, TrailRecord } from './records.ts'

/** Which records are wanted, newest first. */
export interface TrailQuestion {
  /** Only older ones than this. */
  readonly before: number | null
  readonly who: string | null
  readonly limit: number
}

/** A run of the gateway that begins. */
export interface RunBegun {
  /** Ms since 1970. */
  readonly atMs: number
  readonly version: string
  /** The keys of the configuration, with their values as texts. Values are kept as hashes only. */
  readonly configuration: Readonly<Record<string, string>>
  readonly details: string
  /** It goes on for a while already: it is none of a gateway that falls again and again. */
  readonly hasLasted: boolean
}

/** The last record of each chain, by which a trail can be recognized later. */
export type TrailHeads = Readonly<Record<ChainName, ChainHead>>

/** What can be asked of the trail. */
export interface TrailCalls {
  /**
   * Records a start, and what it finds: an end that nobody recorded, another version, another configuration.
   * @returns false where it was only counted, as one of many; it is to be said again once it has lasted
   */
  begin(run: RunBegun): boolean
  add(records: readonly NewRecord[]): void
  /**
   * Writes the last records of the chains into the file beside the trail, where that is due. It comes after what it notes is committed,
   * as a call of its own: where this file cannot be written, the records stand all the same, and are not to be recorded again.
   * @param isDue whatever was written lately: there may be nothing more to record
   */
  keepHeads(isDue: boolean): void
  records(question: TrailQuestion): readonly TrailRecord[]
  heads(): TrailHeads
}

/** How the other thread is started. */
export interface TrailSetup {
  readonly file: string
}
