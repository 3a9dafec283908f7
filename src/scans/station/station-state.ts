/** What a station remembers between scans, as it is saved. */
import type { Instant } from '../../domain/instant.ts'
import type { LookupResult } from '../../domain/master-data.ts'
import type { ScannedCode } from '../../domain/scan.ts'
import type { ScanRefusal } from './refusals.ts'

/** The version in which states are saved. */
export const STATE_VERSION = 1

/** All of it. */
export interface StationState {
  readonly v: typeof STATE_VERSION
  /** The latest moment that an event of this station carries; the next one is later. */
  readonly lastStampMs: number
  readonly session: Session | null
  /** When anything was last scanned in this session. */
  readonly lastScan: Instant | null
  /** What was scanned last, whatever came of it; null: nothing, or a badge. */
  readonly previous: string | null
  /** What counted lately, so that it is known when it comes again. */
  readonly recent: readonly RecentScan[]
  /** Scans that wait for a badge. */
  readonly waiting: readonly TakenScan[]
  /** A command that waits for its work order. */
  readonly command: TakenScan | null
  /** A `SPLIT` that waits for its reason. */
  readonly split: TakenScan | null
  /** The work order that the next command is for. */
  readonly order: NamedOrder | null
  /** A label whose parts are being scanned. */
  readonly label: Label | null
  /** Begun here and not completed, the newest last; bounded. */
  readonly orders: readonly BegunOrder[]
  /** What `UNDO` would take back. */
  readonly commit: Commit | null
  readonly refused: Readonly<Partial<Record<ScanRefusal, RefusalCount>>>
}

/** Somebody has badged in. */
export interface Session {
  /** `users.id` */
  readonly operator: number
  readonly since: Instant
  /** The end of the shift; null where none is known. */
  readonly until: Instant | null
}

/** A scan that came, with what it was understood as then. */
export interface TakenScan {
  readonly at: Instant
  readonly code: ScannedCode
  readonly found: LookupResult | null
}

/** A scan that counted. */
export interface RecentScan {
  readonly at: Instant
  readonly data: string
}

/** A work order as it was named by a scan. */
export interface NamedOrder {
  /** What its row in central is called, where that is known; else as it was scanned. */
  readonly number: string
  /** As it was scanned: the same code may only later be found in the master data. */
  readonly scanned: string
  readonly scan: TakenScan
}

/** A work order that people work on, or have paused. */
export interface BegunOrder {
  readonly number: string
  readonly scanned: string
  readonly standing: 'started' | 'paused'
}

/** The parts of one label that were scanned so far. */
export interface Label {
  /** In the order in which they came, at least one. */
  readonly parts: readonly TakenScan[]
  /** All of them counted just now, for the label before: it is that one, read once more, unless another part says otherwise. */
  readonly isRepeat: boolean
}

/** The rows that were stored at once by the last scan that stored any. */
export interface Commit {
  readonly at: Instant
  /** `users.id` */
  readonly operator: number
  readonly rows: readonly CommittedRow[]
  /** The work orders that moved, in order, as they stood before; null: they were not begun here. */
  readonly moved: readonly MovedOrder[]
  /** The order that the machine got with it; null: its order did not change. */
  readonly machineOrder: MachineOrder | null
  /** Why it cannot be taken back; null: it can. */
  readonly final: ScanRefusal | null
}

interface CommittedRow {
  /** As the event carries it. */
  readonly at: string
  readonly data: string
}

/** A work order that a scan began, paused, resumed or completed. */
export interface MovedOrder {
  readonly number: string
  readonly before: BegunOrder | null
}

/** The machine's work order around a scan. */
export interface MachineOrder {
  readonly before: string | null
  readonly after: string | null
}

interface RefusalCount {
  readonly count: number
  readonly lastMs: number
}

/** The state of a station that was never here. */
export function newState(): StationState {
  return {
    v: STATE_VERSION,
    lastStampMs: 0,
    session: null,
    lastScan: null,
    previous: null,
    ...NOTHING_COLLECTED,
    recent: [],
    orders: [],
    commit: null,
    refused: {},
  }
}

/** What waits for more, when nothing does. */
export const NOTHING_COLLECTED = {
  waiting: [],
  command: null,
  split: null,
  order: null,
  label: null,
} as const satisfies Partial<StationState>

/** How many scans wait for more, and are confirmed to nobody so far. */
export function heldCount({ waiting, command, split, label }: StationState): number {
  return (
    waiting.length + (command ? 1 : 0) + (split ? 1 : 0) + (label && !label.isRepeat ? label.parts.length : 0)
  )
}
