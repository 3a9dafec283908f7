import { expect, test } from 'vitest'
import type { RawScan } from '../../../src/domain/scanner.ts'
import { understand } from '../../../src/scans/understand.ts'
import { second, stationMap } from '../../support/station.ts'

const LETTERED = /^OPID-(?<employee_code>[A-Z0-9]{6})$/
const DIGITS = /^(?<employee_code>\d{6})$/

/** What a scan is where these are the badges, and boxes the only codes that are known. */
function kindOf(text: string, badges: readonly RegExp[], more: Partial<RawScan> = {}): string {
  const map = stationMap({
    operator: { ...stationMap().operator, badges },
    rules: [
      {
        takes: { kind: 'match', pattern: /^BOX-\d+$/ },
        means: { kind: 'reference' },
        scanType: 'box',
        lookup: null,
      },
    ],
  })
  const raw = {
    kind: 'scan',
    bytes: Buffer.from(text, 'latin1'),
    aimId: null,
    at: second(0),
    ...more,
  } as const
  return understand(map, raw).kind
}

test.for([
  'OPID-AB12CD\x8dBOX-1',
  'OPID-AB12CD\nBOX-1',
  'BOX-1\x0bOPID-AB12CD',
  'OPID-AB12CDOPID-EF34GH',
  'OPID-AB12CDBOX-1',
  'BOX-1OPID-AB12CD',
  'opid-ab12cd',
])('a badge that runs into something else is no code: %j', (text) => {
  expect(kindOf(text, [LETTERED])).not.toBe('code')
})

test.for(['400638133393', '4006381333931', '01040063813339313711\x1d123456', 'BOX-123456', 'LOT 123456'])(
  'what only looks like a badge of digits in some place is a code: %j',
  (text) => {
    expect(kindOf(text, [DIGITS])).toBe('code')
  },
)

test('what may be a part of a badge is a code only where it is surely whole', () => {
  for (const text of ['OPID-AB', 'PID-AB12CD', '12CD']) {
    expect(kindOf(text, [LETTERED], { mayBePart: true })).toBe('hidden_badge')
    expect(kindOf(text, [LETTERED])).toBe('code')
  }
  expect(kindOf('BOX-1', [LETTERED], { mayBePart: true })).toBe('code')
  expect(kindOf('SHP-77', [LETTERED], { mayBePart: true })).toBe('code')
})
