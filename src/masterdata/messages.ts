/** What the main thread and the thread that owns the copy's file say to each other. */
import type { Lookup, LookupResult } from '../domain/master-data.ts'
import type {
  ReferenceKind,
  ReferenceMachine,
  ReferencePage,
  ReferenceShift,
} from '../domain/reference-data.ts'

/** Users by their badges' hashes: what they have on their badges never reaches the other thread. */
export interface HoldersPage {
  readonly kind: 'holders'
  readonly rows: readonly { readonly id: number; readonly badge: string }[]
}

/** A machine of the plant, whether the gateway has a map of it or not. */
export interface PlantMachine {
  readonly code: string
  readonly name: string | null
  readonly isActive: boolean
}

/** Without their statuses: something of one of them changes each minute, and each change would be written. */
interface PlantMachinesPage {
  readonly kind: 'plantMachines'
  readonly rows: readonly PlantMachine[]
}

/** A page of reference data as it is kept. */
export type CopyPage = HoldersPage | PlantMachinesPage | Exclude<ReferencePage, { readonly kind: 'users' }>

/** What is held in memory of the copy. */
export interface KeptCopy {
  readonly salt: Uint8Array
  /** When each kind was last read as a whole, ms since 1970; a kind that never was is missing. */
  readonly readAtMs: Partial<Record<ReferenceKind, number>>
  readonly shifts: readonly ReferenceShift[]
  readonly machines: readonly ReferenceMachine[]
  readonly plantMachines: readonly PlantMachine[]
}

/** Whose a badge is. */
export type HolderFound =
  | { readonly kind: 'one'; readonly operator: number }
  | { readonly kind: 'many' }
  | { readonly kind: 'unknown' }

/** What can be asked of the copy. */
export interface CopyCalls {
  kept(): KeptCopy
  holderOf(badge: string): HolderFound
  find(lookup: Lookup): LookupResult
  /** A reading of a whole kind begins; whatever an earlier one had seen before it broke off is forgotten. */
  beginKind(kind: ReferenceKind): void
  takePage(page: CopyPage): void
  /** Forgets some of what was in no page. @returns whether it must be called again */
  forgetGone(kind: ReferenceKind): boolean
  endKind(kind: ReferenceKind, atMs: number): void
}

/** How the other thread is started. */
export interface CopySetup {
  readonly file: string
  /** Names of whose data it is, at least one, without line ends; a copy that has one in common with them is of the same data. */
  readonly whose: readonly string[]
}
