/** What the main thread and the thread that owns a feed's book say to each other. */
import type { Incident, QuarantineKey, StreamHead } from '../../../domain/destination.ts'
import type { LogIdentity, LogPosition } from '../../../domain/outbox.ts'

/** The note of a book that was begun in place of a damaged one: where that one is. */
export const REPLACED_NOTE = 'replaced'

/** An event that is set aside, as it is kept. */
export interface SetAside extends QuarantineKey {
  /** As the codec of events writes it. */
  readonly payload: string
  readonly subject: string
  /** When the event was stored in the log, ms since 1970. */
  readonly capturedAtMs: number
  readonly reason: string
  /** The broker's own code of the refusal, or null. */
  readonly answer: string | null
}

/** One of the changes that are made together. */
export type BookChange =
  | { readonly kind: 'begin'; readonly identity: LogIdentity; readonly at: LogPosition }
  | { readonly kind: 'advance'; readonly to: LogPosition }
  | { readonly kind: 'set aside'; readonly rows: readonly Omit<SetAside, 'incarnation'>[] }
  | { readonly kind: 'release'; readonly rows: readonly QuarantineKey[] }
  | { readonly kind: 'record'; readonly incident: Incident; readonly once: boolean }

/** What is set aside of one subject for one reason. */
interface SetAsideKind {
  readonly subject: string
  readonly reason: string
  readonly count: number
}

/** What is set aside and not released. */
export interface SetAsideKinds {
  readonly count: number
  /** The first few, in the order in which they came. */
  readonly kinds: readonly SetAsideKind[]
}

/** An incident as it is kept. */
export interface KeptIncident {
  readonly kind: string
  /** In JSON. */
  readonly detail: string
  /** Ms since 1970. */
  readonly atMs: number
}

/** What can be asked of a book. */
export interface BookCalls {
  head(): StreamHead | undefined
  quarantined(after: QuarantineKey | undefined, limit: number): readonly SetAside[]
  quarantineKinds(limit: number): SetAsideKinds
  /** The newest first. */
  incidents(limit: number): readonly KeptIncident[]
  /**
   * Makes all changes, or none.
   * @param expected where the stream stood when they were decided
   * @param atMs when, for people
   * @returns whether it still stood there; else another program has written in the book, and nothing is changed
   */
  write(expected: StreamHead | undefined, changes: readonly BookChange[], atMs: number): boolean
  /** Undefined where nothing is noted. */
  note(key: string): string | undefined
  putNote(key: string, value: string): void
}

/** How the other thread is started. */
export interface BookSetup {
  readonly file: string
}
