/** A station whose rules take every kind of code, for tests of what codes mean. */
import type { RawScan } from '../../src/domain/scanner.ts'
import type { CodeTest, RuleMeaning, ScanRule, StationMap } from '../../src/domain/station-map.ts'

const NOON = { boot: 'one', wallMs: Date.UTC(2026, 0, 31, 12), monoMs: 1000 }

export function codesStation(changes: Partial<StationMap> = {}): StationMap {
  return {
    scanner: 'ST-12',
    version: 'v1',
    file: 'devices/st-12.yaml',
    port: {
      id: 'ST-12',
      subject: 'station:ST-12',
      transport: 'tcp',
      settings: {},
      framing: { suffix: 'CR' },
    },
    station: { plant: null, location: null, machine: null },
    payload: { prefix: '', aimId: 'optional', dedupeMs: 0 },
    operator: {
      badges: [/^B(?<employee_code>\d{4,8})$/],
      idleLogoutMs: 1_800_000,
      without: 'reject',
      askMs: 60_000,
    },
    rules: RULES,
    steps: { withinMs: 60_000, defaultCommand: null },
    acknowledgement: { good: new Uint8Array(), bad: new Uint8Array() },
    reasons: { changeover: { category: 'setup', status: 'setup' } },
    ...changes,
  }
}

export function rule(takes: CodeTest, more: Partial<ScanRule> = {}): ScanRule {
  return { takes, means: { kind: 'reference' }, lookup: null, scanType: 'thing', ...more }
}

/** A scan as a port brings it. */
export function rawScan(bytes: Uint8Array, aimId: string | null = null): RawScan {
  return { kind: 'scan', bytes, aimId, at: NOON }
}

function matching(pattern: RegExp, means: RuleMeaning, scanType: string): ScanRule {
  return rule({ kind: 'match', pattern }, { means, scanType })
}

const RULES: readonly ScanRule[] = [
  {
    ...matching(/^WO-(?<wo>[A-Z0-9-]+)$/, { kind: 'work_order' }, 'work_order'),
    lookup: { places: [{ table: 'work_orders', column: 'work_order_number' }], key: null },
  },
  matching(/^!(START|PAUSE|RESUME|COMPLETE|ISSUE|CANCEL|UNDO|LOGOUT|HELP)$/, { kind: 'command' }, 'command'),
  matching(/^RSN:(?<code>[a-z_]+)$/, { kind: 'downtime_reason' }, 'downtime_reason'),
  {
    takes: { kind: 'gs1', need: ['01', '37'] },
    means: { kind: 'reference' },
    lookup: { places: [{ table: 'materials', column: 'barcode_data' }], key: '01' },
    scanType: 'material_receipt',
  },
  {
    takes: { kind: 'gs1', need: ['01'] },
    means: { kind: 'reference' },
    lookup: { places: [{ table: 'materials', column: 'barcode_data' }], key: '01' },
    scanType: 'material',
  },
  rule({ kind: 'gs1', need: ['00'] }, { scanType: 'pallet' }),
  {
    takes: {
      kind: 'iso15434',
      fields: { part: ['P', '1P'], qty: ['Q'], lot: ['1T', 'H'], serial: ['S'] },
      need: ['part', 'qty'],
    },
    means: { kind: 'reference' },
    lookup: { places: [{ table: 'materials', column: 'material_code' }], key: 'part' },
    scanType: 'material_receipt',
  },
  {
    ...matching(/^SHP-\d+$/, { kind: 'reference' }, 'shipment'),
    lookup: { places: [{ table: 'shipments', column: 'shipment_number' }], key: null },
  },
]
