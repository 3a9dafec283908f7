/**
 * What the gateway's role may do with each table, and to whom the ids in it must belong. `central sql` grants exactly this,
 * and `central check` compares it with what the role really has.
 */

/** One table. A column that a site lacks is left out; of a needed table it is missed, unless it is `spare`. */
export interface TableRights {
  readonly name: string
  /** Whether this version of the gateway works without the table. */
  readonly needed: boolean
  readonly read: readonly string[]
  readonly insert: readonly string[]
  readonly update: readonly string[]
  /** Columns that this version works without. */
  readonly spare: readonly string[]
  /** Columns that hold an id of another table, and which: the row with that id must be of the same organization. */
  readonly belongs: Readonly<Record<string, string>>
}

/** Names of columns, separated by spaces. */
type Words = string

interface WrittenRights {
  readonly read: Words
  readonly insert?: Words
  readonly update?: Words
  readonly spare?: Words
  readonly belongs?: Readonly<Record<string, string>>
}

function needed(name: string, rights: WrittenRights): TableRights {
  return { ...optional(name, rights), needed: true }
}

function optional(name: string, { read, insert, update, spare, belongs = {} }: WrittenRights): TableRights {
  const columns = (words: Words = '') => words.split(' ').filter((word) => word !== '')
  return {
    name,
    needed: false,
    read: columns(read),
    insert: columns(insert),
    update: columns(update),
    spare: columns(spare),
    belongs,
  }
}

const HISTORY = 'organization_id machine_id changed_at previous_status new_status'
const HISTORY_AMENDED = 'duration_minutes reason_code work_order_id notes changed_by'
const DOWNTIME_AMENDED =
  'ended_at duration_minutes downtime_reason_code downtime_category work_order_id notes reported_by resolved_by'
const SCAN =
  'organization_id scanned_at qr_code_data scan_type reference_type reference_id plant_id location scanned_by notes'

/** Tables of the MES. What was written may be read back: rows are found again by it, and audits compare it with the local log. */
export const MES_RIGHTS: readonly TableRights[] = [
  needed('plants', { read: 'id organization_id name code is_active', spare: 'name is_active' }),
  // Before those that name one of its rows: what keeps them to it may be its view.
  optional('users', { read: 'id organization_id employee_code is_active' }),
  needed('work_orders', {
    read: 'id organization_id work_order_number plant_id status sap_production_order',
    spare: 'plant_id status sap_production_order',
  }),
  needed('machines', {
    read: 'id organization_id plant_id machine_code name status current_work_order_id is_active',
    update: 'status current_work_order_id updated_at',
    spare: 'name is_active',
    belongs: { current_work_order_id: 'work_orders' },
  }),
  needed('machine_status_history', {
    read: `${HISTORY} ${HISTORY_AMENDED}`,
    insert: `${HISTORY} ${HISTORY_AMENDED}`,
    update: `new_status ${HISTORY_AMENDED}`,
    spare: 'changed_by',
    belongs: { machine_id: 'machines', work_order_id: 'work_orders', changed_by: 'users' },
  }),
  needed('downtime_events', {
    read: `organization_id machine_id started_at ${DOWNTIME_AMENDED}`,
    insert: `organization_id machine_id started_at ${DOWNTIME_AMENDED}`,
    update: DOWNTIME_AMENDED,
    spare: 'reported_by resolved_by',
    belongs: {
      machine_id: 'machines',
      work_order_id: 'work_orders',
      reported_by: 'users',
      resolved_by: 'users',
    },
  }),
  optional('qr_code_scans', {
    read: SCAN,
    insert: SCAN,
    update: 'notes',
    belongs: { plant_id: 'plants', scanned_by: 'users' },
  }),
  optional('user_plant_access', { read: 'organization_id user_id plant_id can_read can_write' }),
  optional('shifts', {
    read: 'id organization_id plant_id name start_time end_time break_duration_minutes active_days is_active',
  }),
  optional('materials', {
    read: 'id organization_id material_code sap_material_number barcode_data qr_code_data is_active',
  }),
  optional('shipments', { read: 'id organization_id shipment_number tracking_number status' }),
  optional('barcode_labels', { read: 'id organization_id reference_type reference_id barcode_data' }),
]

const REPORT =
  'due_s state plant_code host version started_at pending lag_s clock_offset_ms machines maps_hash troubles trouble_count'
const STREAM_HEAD = 'incarnation epoch last_seq last_hash'

/** The gateway's own tables. */
export const OWN_RIGHTS: readonly TableRights[] = [
  needed('stream', {
    read: `organization_id gateway_id ${STREAM_HEAD} updated_at`,
    insert: `organization_id gateway_id ${STREAM_HEAD}`,
    update: `${STREAM_HEAD} updated_at`,
  }),
  needed('quarantine', {
    read: 'organization_id gateway_id incarnation seq event reason sqlstate created_at released_at',
    insert: 'organization_id gateway_id incarnation seq event reason sqlstate',
    update: 'reason sqlstate released_at',
  }),
  needed('incident', {
    read: 'organization_id gateway_id at kind detail',
    insert: 'organization_id gateway_id kind detail',
  }),
  needed('machine', {
    read: 'organization_id gateway_id machine_code rows_from machine_id first_at last_at said_status said_for',
    insert: 'organization_id gateway_id machine_code rows_from machine_id',
    update: 'first_at last_at said_status said_for',
  }),
  needed('gateway_report', {
    read: `organization_id gateway_id reported_at ${REPORT}`,
    insert: `organization_id gateway_id ${REPORT}`,
    update: `reported_at ${REPORT}`,
  }),
  needed('login', { read: 'organization_id role_name gateway_id token_until enrolled_at renewed_at' }),
  needed('lease', {
    read: 'organization_id pair holder epoch renewed_at expires_at is_released wanted',
    insert: 'organization_id pair holder epoch expires_at',
    update: 'holder epoch renewed_at expires_at is_released wanted',
  }),
  needed('pair_gateway', {
    read: 'organization_id pair gateway_id role unready maps_hash seen_at',
    insert: 'organization_id pair gateway_id role unready maps_hash',
    update: 'role unready maps_hash seen_at',
  }),
  needed('binding', { read: 'role_name organization_id organization_code schema_version views' }),
]

/** Functions of the gateway's own schema that every role may call; each may call one of its own besides. */
export const OWN_ROUTINES: readonly string[] = ['renew_login']
/** The columns of the view of all gateways, in their order. The role sees in it the gateways of its own organization. */
export const FLEET_COLUMNS =
  'organization_id organization_code gateway_id plant_code verdict seen_at silent_s delivered_at lag_s pending quarantined trouble_count troubles version started_at host clock_offset_ms machines maps_hash'.split(
    ' ',
  )
