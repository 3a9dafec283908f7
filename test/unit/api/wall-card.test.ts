import { describe, expect, it } from 'vitest'
import { barcodeSvg } from '../../../src/api/scanners/barcodes.ts'
import { cardItems, wallCard } from '../../../src/api/scanners/wall-card.ts'
import type { ScanRule, StationMap } from '../../../src/domain/station-map.ts'
import { understand } from '../../../src/scans/understand.ts'
import { readCode128 } from '../../support/code-128.ts'
import { stationMap } from '../../support/station.ts'

const BADGE = /^B(?<employee_code>\d{4,8})$/u

/** A rule that takes what a pattern takes. */
function rule(pattern: RegExp, kind: 'command' | 'downtime_reason' | 'reference'): ScanRule {
  return { takes: { kind: 'match', pattern }, means: { kind }, lookup: null, scanType: kind }
}

function withBadge(changes: Partial<StationMap>): StationMap {
  return stationMap({
    operator: { badges: [BADGE], idleLogoutMs: 1_800_000, without: 'reject', askMs: 60_000 },
    ...changes,
  })
}

const EQUIPMENT = { category: 'equipment', status: null } as const

const MAP = withBadge({
  rules: [
    rule(/^!(START|PAUSE|CANCEL)$/u, 'command'),
    rule(/^RSN:(?<code>[a-z_]+)$/u, 'downtime_reason'),
    rule(/^FIX-(?<code>b17|clamp)$/u, 'downtime_reason'),
    rule(/^SHP-\d+$/u, 'reference'),
  ],
  reasons: { changeover: { category: 'setup', status: 'setup' }, jam: EQUIPMENT, B2026: EQUIPMENT },
  reasonTexts: { changeover: 'The die is changed' },
})

function taken(payload: string) {
  const understood = understand(MAP, {
    kind: 'scan',
    bytes: Buffer.from(payload),
    aimId: null,
    at: { boot: '', wallMs: 0, monoMs: 0 },
  })
  return understood.kind === 'code' ? understood.code.meaning : understood.kind
}

describe('a wall card', () => {
  it('has the commands and reasons that the rules of the station take, and names those that none takes', async () => {
    const card = await wallCard(MAP)
    expect(card.items.map(({ value, code }) => [value, code])).toEqual([
      ['START', '!START'],
      ['PAUSE', '!PAUSE'],
      ['CANCEL', '!CANCEL'],
      ['changeover', 'RSN:changeover'],
      ['jam', 'RSN:jam'],
      ['b17', 'FIX-b17'],
      ['clamp', 'RSN:clamp'],
    ])
    expect(card.items.find(({ value }) => value === 'changeover')).toMatchObject({
      text: 'The die is changed',
      declares: 'setup',
    })
    expect(card.without).toEqual([
      'RESUME',
      'COMPLETE',
      'ISSUE',
      'UNDO',
      'LOGOUT',
      'SPLIT',
      'OK_TO_RUN',
      'B2026',
    ])
  })

  it('has no badge, even where a rule for reasons would take one as well', async () => {
    const map = withBadge({
      rules: [rule(/^(?<code>\w+)$/u, 'downtime_reason')],
      reasons: { B4711: EQUIPMENT, jam: EQUIPMENT },
    })
    expect((await cardItems(map)).map(({ payload }) => payload)).toEqual(['jam'])
  })

  it('is found once for all of its barcodes, and lets the machines be polled meanwhile', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `reason_${n}`)
    const map = withBadge({
      rules: [rule(/^RSN:(?<code>[a-z_0-9]+)$/u, 'downtime_reason')],
      reasons: Object.fromEntries(names.map((name) => [name, EQUIPMENT])),
    })
    let turns = 0
    let isOver = false
    const poll = () => {
      turns += 1
      if (!isOver) setImmediate(poll)
    }
    poll()
    const items = cardItems(map)
    expect(cardItems(map)).toBe(items)
    expect(await items).toHaveLength(40)
    isOver = true
    expect(turns).toBeGreaterThan(40)
  })

  it('is drawn so that another decoder reads what the station then takes', async () => {
    for (const { payload, kind, value } of await cardItems(MAP)) {
      const { text, quietModules } = readCode128(await barcodeSvg(payload, 'code128'))
      expect(text).toBe(payload)
      expect(quietModules).toBe(10)
      expect(taken(text)).toMatchObject(kind === 'command' ? { command: value } : { reason: value })
    }
  })

  it('takes nothing of a code for a command to the encoder', async () => {
    for (const text of ['RSN:a^b', '^065', 'A^FNC1B', '00112233445566', '!"#$%&/()=?*+', 'ab12345678cd'])
      expect(readCode128(await barcodeSvg(text, 'code128')).text).toBe(text)
  })
})
