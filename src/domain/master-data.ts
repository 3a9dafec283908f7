/** Central's reference data as the gateway knows it offline: who a badge belongs to, and what a code stands for. */

/** Where a code may stand in central. */
export interface LookupPlace {
  readonly table: LookupTable
  readonly column: string
}

/** The tables that codes are looked up in, each with its columns that hold codes. Central's own names. */
export const LOOKUP_COLUMNS = {
  barcode_labels: ['barcode_data'],
  work_orders: ['work_order_number', 'sap_production_order'],
  materials: ['material_code', 'sap_material_number', 'barcode_data', 'qr_code_data'],
  shipments: ['shipment_number', 'tracking_number'],
} as const
/** One of them. */
export type LookupTable = keyof typeof LOOKUP_COLUMNS

/** What `reference_type` says of a row of each table; of a label, the label itself says it. */
export const REFERENCE_TYPES: Readonly<Record<Exclude<LookupTable, 'barcode_labels'>, string>> = {
  work_orders: 'work_order',
  materials: 'material',
  shipments: 'shipment',
}

/** A code, and where to look for it: the first place that knows it counts. */
export interface Lookup {
  readonly places: readonly LookupPlace[]
  readonly code: string
}

/** A row of central that a code stands for. */
export interface Reference {
  /** `work_order`, `material`, `shipment`, or what a label says. */
  readonly type: string
  readonly id: number
  /** The row's main code: of a work order its number, whatever column it was found by. Null where there is none. */
  readonly code: string | null
  /** `work_orders.status` and the like; null where there is none. */
  readonly state: string | null
}

/** What is known of a code. `unknown`: not here; central is asked again when the scan is uploaded. */
export type LookupResult =
  | { readonly kind: 'one'; readonly reference: Reference }
  | { readonly kind: 'many' }
  | { readonly kind: 'unknown' }

/** Whom a badge belongs to. */
export interface BadgeHolder {
  /** The badge as a salted, slow hash, in hex. Nothing else of it is ever kept or shown. */
  readonly badge: string
  /** `users.id`; null where nobody may work here with it. */
  readonly operator: number | null
  /** Why nobody may; null where somebody may. Without anything of the badge. */
  readonly why: string | null
}

/** The cached copy. It answers without the network. */
export interface MasterData {
  /** @param employeeCode as the badge gives it; it is hashed at once, and kept nowhere */
  holderOf(employeeCode: string): Promise<BadgeHolder>
  find(lookup: Lookup): Promise<LookupResult>
  /** When the shift ends that a moment lies in, ms since 1970; null outside shifts, or where none are known. */
  shiftEndMs(atMs: number): number | null
}
