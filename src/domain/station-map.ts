/** A scanner's device map after validation: what the station's subject and the scanner's collector work from. Data only, frozen. */
import type { Lookup } from './master-data.ts'
import type { PlantPlace } from './place.ts'
import type { Scanner } from './scanner.ts'
import type { Category, DerivedStatus } from './status.ts'

/** One scanner with its station. */
export interface StationMap {
  /** The code behind `scanner:`; also the station's. */
  readonly scanner: string
  /** Short hash of everything in the map that decides what a scan means; each event carries it as `rule`. */
  readonly version: string
  /** The file as named to the user, for messages. */
  readonly file: string
  readonly port: Scanner
  readonly station: StationPlace
  /** Where in the plant it stands, as far as the map says it. */
  readonly place?: PlantPlace
  readonly payload: PayloadRules
  readonly operator: OperatorRules
  /** Ordered, first match wins. Badges come before all of them. */
  readonly rules: readonly ScanRule[]
  readonly steps: StepRules
  readonly acknowledgement: Acknowledgements
  /** What reasons are worth besides their code, by code. */
  readonly reasons: Readonly<Record<string, ReasonMeaning>>
  /** Reasons in the plant's words, by code; only those that have any. They decide nothing. */
  readonly reasonTexts?: Readonly<Record<string, string>>
  /** Whose scanner it is, as the map names it; absent where it names none. */
  readonly brand?: string
}

/** Where the station is, as rows say it. */
export interface StationPlace {
  /** `plants.code`; null: the gateway's own plant. */
  readonly plant: string | null
  /** As `qr_code_scans.location` holds it. */
  readonly location: string | null
  /** The machine that the operator works at, by its code in central. Null where there is none. */
  readonly machine: string | null
}

/** How the payload is taken out of what the scanner sends. */
export interface PayloadRules {
  /** Text in front of every code that the scanner adds; taken off where it is there. */
  readonly prefix: string
  /** `expected`: a code without an AIM identifier is remarked upon; `off`: what looks like one is part of the code. */
  readonly aimId: 'expected' | 'optional' | 'off'
  /** The same code again within this time is dropped with the good beep; 0: never. */
  readonly dedupeMs: number
}

/** The group of a badge's pattern that holds what `users.employee_code` has. */
export const EMPLOYEE_CODE = 'employee_code'

/** Whose scans they are. */
export interface OperatorRules {
  /** Patterns of badges, each with the group {@link EMPLOYEE_CODE}. */
  readonly badges: readonly RegExp[]
  /** A session ends after so long without a scan. */
  readonly idleLogoutMs: number
  /**
   * What becomes of a scan without a session: `reject`: refused; `ask`: kept for a badge that comes within `askMs`;
   * a number: `users.id` of the station's own user.
   */
  readonly without: 'reject' | 'ask' | { readonly stationUser: number }
  readonly askMs: number
}

/** One rule: which codes it takes, and what they are. */
export interface ScanRule {
  readonly takes: CodeTest
  readonly means: RuleMeaning
  /** Where in the master data the code is looked up; null: nowhere. */
  readonly lookup: LookupRule | null
  /** As `scan_type` holds it. */
  readonly scanType: string
}

/** Which codes a rule takes. `all`: every one. */
export type CodeTest =
  | { readonly kind: 'all' }
  | { readonly kind: 'match'; readonly pattern: RegExp }
  /** GS1 element strings and GS1 Digital Links; `need`: application identifiers that must be there. */
  | { readonly kind: 'gs1'; readonly need: readonly string[] }
  /** ISO 15434 envelopes; `fields`: names for data identifiers, of which the first that is there counts. */
  | {
      readonly kind: 'iso15434'
      readonly fields: Readonly<Record<string, readonly string[]>>
      readonly need: readonly string[]
    }

/** What the codes of a rule are. */
export type RuleMeaning =
  | { readonly kind: 'command' }
  | { readonly kind: 'work_order' }
  | { readonly kind: 'downtime_reason' }
  /** What the scanner, or what is between, says of itself: that it read nothing, or that it is there. */
  | { readonly kind: 'no_scan' }
  /** One barcode of a label that has several. `collect`: the names of all parts of the label; this one is `part`. */
  | {
      readonly kind: 'part'
      readonly part: string
      readonly collect: readonly string[]
      readonly withinMs: number
    }
  /** A label, a material, a shipment, or whatever else the site calls it. */
  | { readonly kind: 'reference' }

/** Which part of a code is looked up, and where. */
export interface LookupRule {
  readonly places: Lookup['places']
  /**
   * The named group of the pattern, the application identifier or the field that is looked up; null: the first group that has a
   * name, else all of the code.
   */
  readonly key: string | null
}

/** How work order and command come together. */
interface StepRules {
  /** Operator, work order and command may come in any order within this time. */
  readonly withinMs: number
  /** What a work order means that is scanned without a command; null: nothing but that it was scanned. */
  readonly defaultCommand: ScanCommand | null
}

/** Words that a station acts on where a rule takes them for a command. */
export const SCAN_COMMANDS = [
  'START',
  'PAUSE',
  'RESUME',
  'COMPLETE',
  'ISSUE',
  'CANCEL',
  'UNDO',
  'LOGOUT',
  'SPLIT',
  'OK_TO_RUN',
] as const
export type ScanCommand = (typeof SCAN_COMMANDS)[number]

/** The bytes that make the scanner beep; empty: nothing is sent. */
export interface Acknowledgements {
  readonly good: Uint8Array
  readonly bad: Uint8Array
}

/** What a reason is worth besides its code. */
export interface ReasonMeaning {
  readonly category: Category | null
  /** The status that scanning it declares, as a changeover is `setup`; null: none. */
  readonly status: DerivedStatus | null
}
