/** The contract of where reference data comes from: whole tables at a time, page by page. */
import type { LookupTable } from './master-data.ts'

/** A user who may work in this plant. */
export interface ReferenceUser {
  readonly id: number
  readonly employeeCode: string
}

/** A row that a code stands for; see `LOOKUP_COLUMNS`. */
export interface ReferenceRow {
  readonly id: number
  /** By column; a column without a code is left out. */
  readonly codes: Readonly<Record<string, string>>
  readonly type: string
  readonly code: string | null
  readonly state: string | null
}

/** A shift of the plant, in its local time. */
export interface ReferenceShift {
  readonly name: string
  /** `HH:MM:SS` */
  readonly start: string
  readonly end: string
  /** Names of weekdays in English, lower case. Empty: every day. */
  readonly days: readonly string[]
}

/** What a gateway wrote into `machines.status`. */
export interface SaidInMes {
  readonly status: string
  /** Time of the row that it said it for, ms since 1970. */
  readonly rowMs: number
}

/** A machine as the MES has it. */
export interface ReferenceMachine {
  readonly code: string
  readonly status: string | null
  readonly isActive: boolean
  /** What this gateway said last in `status`, and for which of its rows; null or absent where it has said nothing yet. */
  readonly said?: SaidInMes | null
  readonly name?: string | null
  /** It stands in the gateway's plant. */
  readonly isHere?: boolean
}

/** Some rows of one kind. */
export type ReferencePage =
  | { readonly kind: 'users'; readonly rows: readonly ReferenceUser[] }
  | { readonly kind: 'shifts'; readonly rows: readonly ReferenceShift[] }
  | { readonly kind: 'machines'; readonly rows: readonly ReferenceMachine[] }
  | { readonly kind: LookupTable; readonly rows: readonly ReferenceRow[] }

/** What can be asked for. */
export type ReferenceKind = ReferencePage['kind']

/** A kind that could not be read, or not to its end, though central was there. */
export interface ReferenceGap {
  readonly kind: ReferenceKind
  /** Why, in words. */
  readonly unread: string
  /** What to do about it. */
  readonly hint?: string
}

/** Where reference data comes from. */
export interface ReferenceSource {
  /**
   * Everything of these kinds that this organization has in use now, in pages; pages of one kind come together, in the order
   * asked for. What is in no page is gone, but for a kind that ends with a gap. A table that central lacks gives no page.
   * @throws DestinationError when central cannot be read now
   */
  read(kinds: readonly ReferenceKind[], signal: AbortSignal): AsyncIterable<ReferencePage | ReferenceGap>
}
