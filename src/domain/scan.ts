/** A scan on its way to its station: understood, looked up, and with what is known of the machine at that moment. */
import type { Instant } from './instant.ts'
import type { Lookup, LookupResult } from './master-data.ts'
import type { ReasonMeaning, RuleMeaning, ScanCommand } from './station-map.ts'
import type { DerivedStatus } from './status.ts'
import type { Message } from './subject.ts'

/** What is remarkable about a code: `gs_lost`: a separator seems to be missing; `check_digit`: wrong; `no_aim`: no AIM identifier. */
export type CodeMark = 'gs_lost' | 'check_digit' | 'no_aim' | 'not_utf8' | 'ambiguous' | 'need_missing'

/** What the gateway itself calls a scan, as `scan_type` holds it. No rule of a map may use these words. */
export const OWN_SCAN_TYPES = {
  /** No rule takes the code. */
  unknown: 'unknown',
  split: 'split',
  release: 'ok_to_run',
  start: 'work_order_start',
  pause: 'work_order_pause',
  resume: 'work_order_resume',
  complete: 'work_order_complete',
  issue: 'work_order_issue',
} as const

/** A code after it was taken apart and classified. */
export interface ScannedCode {
  /** The payload: without prefix, suffix and AIM identifier, control characters kept, NUL removed. Never that of a badge. */
  readonly data: string
  /** `]C1`; null where the scanner gave none. */
  readonly aimId: string | null
  readonly scanType: string
  readonly meaning: CodeMeaning
  readonly lookup: Lookup | null
  /** What stands in it, by application identifier or by the map's names for data identifiers; bounded. */
  readonly fields: Readonly<Record<string, string>>
  readonly marks: readonly CodeMark[]
}

/** What a code is, by the rule that takes it. */
export type CodeMeaning =
  | { readonly kind: 'command'; readonly command: ScanCommand }
  | { readonly kind: 'work_order'; readonly workOrder: string }
  | ({ readonly kind: 'downtime_reason'; readonly reason: string } & ReasonMeaning)
  | Extract<RuleMeaning, { readonly kind: 'part' }>
  | { readonly kind: 'reference' }
  /** It never reaches a station. */
  | { readonly kind: 'no_scan' }
  /** No rule takes it. */
  | { readonly kind: 'unknown' }

/** What a station must know of its machine to judge a scan. */
export interface MachineStanding {
  readonly machine: string
  readonly status: DerivedStatus | null
  readonly workOrder: string | null
  /** The stop that a reason scanned now is for; null: there is none that may still get one. */
  readonly reasonFor: 'current' | 'last' | null
  /** The status that people have declared; null: none. */
  readonly declared: DerivedStatus | null
  /** Nothing that is stored or leaves the gateway may name it. */
  readonly isShadow?: true
}

/** A code was scanned. */
export interface ScanMessage extends Message {
  readonly kind: 'scan'
  readonly at: Instant
  readonly code: ScannedCode
  /** Null where the code is looked up nowhere. */
  readonly found: LookupResult | null
  /** Null where the station has no machine, or the machine has no map here. */
  readonly machine: MachineStanding | null
}

/** A badge was scanned. */
export interface BadgeMessage extends Message {
  readonly kind: 'badge'
  readonly at: Instant
  /** The salted hash, to know it again. */
  readonly badge: string
  readonly operator: number | null
  readonly why: string | null
  readonly shiftEndMs: number | null
  readonly machine: MachineStanding | null
}

/** A scan that is understood and looked up, before it is known what its machine is doing. */
export type UnderstoodScan = Omit<ScanMessage, 'machine'> | Omit<BadgeMessage, 'machine'>
