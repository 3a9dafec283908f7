/** The map of a scanner as its station and its collector get it. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { faultText } from '../../../src/domain/errors.ts'
import { stationOwner } from '../../../src/domain/owner.ts'
import type { StationMap } from '../../../src/domain/station-map.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { isStationMap } from '../../../src/maps/map-kind.ts'
import { BRAND_TONES } from '../../../src/scanners/brands.ts'
import { testHardware } from '../../support/hardware.ts'

const EXAMPLE = readFileSync(new URL('../../../devices/station-12.yaml', import.meta.url), 'utf8')

/** The least that a scanner needs. */
const LEAST = `scanner: ST-1
port: {tcp: "10.20.3.40:4001", brand: datalogic}
operator: {badge: '^B(?<employee_code>[0-9]+)$'}
`

function compile(text: string, isLastGood = false) {
  return compileMap(parseYaml(text, 's.yaml'), {
    ...testHardware,
    profiles: { names: () => [], find: () => undefined },
    tables: folderTables('/nowhere', '/'),
    folder: '/maps',
    isLastGood,
  })
}

function stationOf(text: string): StationMap {
  const { map, faults } = compile(text)
  expect(faults.map(faultText)).toEqual([])
  if (!map || !isStationMap(map)) throw new Error('no map of a station')
  return map
}

const told = (text: string) => compile(text).faults.map(faultText)
const hinted = (text: string) => compile(text).hints.map(faultText)

describe("a scanner's map", () => {
  it('has the defaults that the documentation names', () => {
    const { version, ...map } = stationOf(`${LEAST}rules: [{parse: none, is: label}]\n`)
    expect(version).toMatch(/^[0-9a-f]{8}$/)
    expect(map).toEqual({
      scanner: 'ST-1',
      file: 's.yaml',
      port: {
        id: 'ST-1',
        subject: stationOwner('ST-1'),
        transport: 'tcp',
        settings: { host: '10.20.3.40', port: 4001 },
        framing: { suffix: 'CR', prefix: '' },
      },
      station: { plant: null, location: null, machine: null },
      payload: { prefix: '', aimId: 'optional', dedupeMs: 2_000 },
      operator: {
        badges: [/^B(?<employee_code>[0-9]+)$/u],
        idleLogoutMs: 1_800_000,
        without: 'reject',
        askMs: 60_000,
      },
      rules: [{ takes: { kind: 'all' }, means: { kind: 'reference' }, lookup: null, scanType: 'label' }],
      steps: { withinMs: 60_000, defaultCommand: null },
      acknowledgement: BRAND_TONES.datalogic,
      reasons: {},
      reasonTexts: {},
      brand: 'datalogic',
    })
  })

  it('of this repository is understood with every key', () => {
    const map = stationOf(EXAMPLE)
    expect(compile(EXAMPLE).hints).toEqual([])
    expect(map.operator).toMatchObject({ without: 'ask', badges: [expect.any(RegExp), expect.any(RegExp)] })
    expect(map.rules.map(({ means, scanType }) => [means.kind, scanType])).toEqual([
      ['work_order', 'work_order'],
      ['command', 'command'],
      ['downtime_reason', 'downtime_reason'],
      ['reference', 'material_receipt'],
      ['reference', 'material_receipt'],
      ['part', 'material_receipt'],
      ['part', 'material_receipt'],
      ['part', 'material_receipt'],
      ['reference', 'shipment'],
      ['reference', 'label_scan'],
    ])
    expect(map.rules[3]?.takes).toEqual({ kind: 'gs1', need: ['01', '10'] })
    expect(map.rules[3]?.lookup).toEqual({
      places: [{ table: 'materials', column: 'barcode_data' }],
      key: '01',
    })
    expect(map.rules[4]?.takes).toEqual({
      kind: 'iso15434',
      fields: { part: ['P', '1P'], qty: ['Q'], lot: ['1T', 'H'], serial: ['S'], po: ['K'] },
      need: ['part', 'qty'],
    })
    expect(map.rules.at(-1)?.lookup?.places).toHaveLength(9)
    expect(map.acknowledgement).toEqual({ good: Uint8Array.of(0x16, 0x07, 0x0d), bad: new Uint8Array() })
    expect(map.reasons.changeover).toEqual({ category: 'setup', status: 'setup' })
    expect(map.reasons.break).toEqual({ category: null, status: 'available' })
  })

  it('may say what is so anyway, and may have its patterns in double quotes', () => {
    const map = stationOf(`scanner: ST-12
port: {usb_serial: "21097B1234", brand: honeywell, mode: cdc, baud: 115200}
station: {plant: SAV, location: "Line 3 / press", machine: PRESS-07}
frame: {suffix: CR, strip_prefix: "", aim_id: expected, dedupe: 2s}
operator: {badge: "^B(?<employee_code>\\\\d{4,8})$", idle_logout: 30m, without: reject}
rules:
  - {match: "^!(START|PAUSE|RESUME|COMPLETE|ISSUE|CANCEL|UNDO|LOGOUT)$", is: command}
  - {match: "^SHP-\\\\d+$", is: shipment, lookup: shipments.shipment_number}
steps: {need: [operator, work_order, command], within: 60s, any_order: true, default_command: none}
ack: {good: brand, bad: brand}
`)
    expect(map.port.settings).toMatchObject({ serialNumber: '21097B1234', baud: 115_200 })
    expect(map.station).toEqual({ plant: 'SAV', location: 'Line 3 / press', machine: 'PRESS-07' })
    expect(map.operator.badges).toEqual([/^B(?<employee_code>\d{4,8})$/u])
    expect(map.rules[1]?.takes).toEqual({ kind: 'match', pattern: /^SHP-\d+$/u })
    expect(map.acknowledgement).toEqual(BRAND_TONES.honeywell)
  })

  it('looks a work order up by its number, unless another place or none is named', () => {
    const lookupOf = (keys: string) => {
      const rule = `{match: '^WO-(?<wo>[0-9]+)$', is: work_order${keys}}`
      return stationOf(`${LEAST}rules: [${rule}]\n`).rules[0]?.lookup
    }
    expect(lookupOf('')).toEqual({
      places: [{ table: 'work_orders', column: 'work_order_number' }],
      key: null,
    })
    expect(lookupOf(', lookup: none')).toBeNull()
    expect(lookupOf(', lookup: [work_orders.sap_production_order], key: wo')?.key).toBe('wo')
  })

  it('may have its badges among the rules, in front of them', () => {
    const text = `scanner: ST-1
port: {tcp: "10.20.3.40:4001", brand: none}
rules:
  - {match: '^B(?<employee_code>[0-9]+)$', is: badge}
  - {parse: none, is: label}
`
    const map = stationOf(text)
    expect(map.operator.badges).toEqual([/^B(?<employee_code>[0-9]+)$/u])
    expect(map.rules).toHaveLength(1)
    const [first = '', badge = '', other = ''] = text.split('  - ')
    expect(told([first, other, badge].join('  - '))).toEqual([
      "s.yaml:5:5: a badge's rule stands behind another rule (line 4); badges are tried first: move it to the top, or write the pattern under operator: badge",
    ])
  })

  it('needs no badge where the station has a user of its own', () => {
    const text = LEAST.replace(/operator.*/, 'operator: {without: {station_user: 17}}')
    expect(stationOf(text).operator).toMatchObject({ badges: [], without: { stationUser: 17 } })
  })

  it('has another version where a pattern or a reason differs, and none for its port or its beeps', () => {
    const versionOf = (...changes: readonly (readonly [string, string])[]) =>
      stationOf(changes.reduce((text, [from, to]) => text.replace(from, to), EXAMPLE)).version
    expect(versionOf(['21097B1234', '21097B9999'], ['good: "16 07 0D"', 'good: "07"'])).toBe(versionOf())
    expect(versionOf(['^SHP-', '^SHIP-'], ['SHP-2026', 'SHIP-2026'])).not.toBe(versionOf())
    expect(versionOf(['status: available', 'status: idle'])).not.toBe(versionOf())
    expect(versionOf(['B(?<employee_code>\\d{4,8})', 'B(?<employee_code>\\d{4,9})'])).not.toBe(versionOf())
  })

  it('is frozen', () => {
    const map = stationOf(EXAMPLE)
    expect([map, map.operator, map.rules, map.rules[4]?.takes, map.port].every(Object.isFrozen)).toBe(true)
  })

  it('names all faults of a file in one reading', () => {
    const text = EXAMPLE.replace('brand: honeywell', 'brand: honeywel')
      .replace('aim_id: expected', 'aim_id: required')
      .replace('idle_logout: 30m', 'idle_logout: 30')
      .replace('is: shipment', 'is: shipment, lokup: any')
      .replace('status: setup', 'status: running')
    expect(told(text)).toHaveLength(5)
  })
})

describe('a label of several barcodes', () => {
  const labelOf = (...rules: readonly string[]) =>
    `${LEAST}rules:\n${rules.map((rule) => `  - {${rule}}\n`).join('')}`
  const P = "match: '^P', is: label, part: P, collect: [P, Q]"
  const Q = "match: '^Q', is: label, part: Q, collect: [Q, P]"

  it('is complete with one rule a part, in any order, within 20 s unless written', () => {
    const means = stationOf(labelOf(P, Q)).rules.map((rule) => rule.means)
    expect(means).toEqual([
      { kind: 'part', part: 'P', collect: ['P', 'Q'], withinMs: 20_000 },
      { kind: 'part', part: 'Q', collect: ['Q', 'P'], withinMs: 20_000 },
    ])
  })

  it.each([
    ['a part without a rule', [P], '5:48: no rule takes the part "Q"; write a rule with part: Q'],
    [
      'other parts',
      [P, Q.replace('[Q, P]', '[Q, P, P2]'), P.replaceAll('P', 'P2')],
      'has other parts or another time',
    ],
    [
      'another time',
      [P, `${Q}, within: 10s`],
      '6:48: the label of line 5 has other parts or another time; write both alike',
    ],
    ['a part twice', [P.replace('[P, Q]', '[P, Q, Q]'), Q], '5:55: the part "Q" stands here twice'],
    [
      'a part that is not collected',
      [P.replace('part: P', 'part: p'), Q],
      '"p" is none of the parts that are collected; did you mean "P"?',
    ],
    [
      'a time without parts',
      ["match: '^P', is: label, within: 5s"],
      '"within" has no meaning without "part"',
    ],
  ])('is told: %s', (_, rules, what) => {
    expect(told(labelOf(...rules)).join('\n')).toContain(what)
  })
})

describe('what would change nothing', () => {
  it.each([
    ['ask without a scan that waits', 'idle_logout', 'ask: 30s, idle_logout', 'operator.ask'],
    ['reasons that no rule gives', 'rules:', 'reasons: {jam: {category: equipment}}\nrules:', 'reasons'],
    ['a brand where nothing can be sent', 'tcp: "10.20.3.40:4001"', 'hid: "0c2e:0b61"', 'port.brand'],
    ['no brand at all', ', brand: datalogic', '', 'scanner'],
  ])('is told: %s', (_, from, to, path) => {
    const text = `${LEAST.replace('badge:', 'idle_logout: 30m, badge:')}rules: [{parse: none, is: label}]\n`
    const { faults, hints } = compile(text.replace(from, to))
    expect(faults).toEqual([])
    expect(hints.map((hint) => hint.path)).toEqual([path])
  })

  it('is told: a map without rules', () => {
    expect(hinted(LEAST)).toEqual(['s.yaml:1:1: without "rules" every code is stored as unknown'])
  })
})
