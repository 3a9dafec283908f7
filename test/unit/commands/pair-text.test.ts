/** What `status` says of a pair: never more of the other gateway than it has said itself, and never as if it were just now. */
import { expect, test } from 'vitest'
import { pairText } from '../../../src/commands/pair-text.ts'
import type { PairReport } from '../../../src/console/pair-report.ts'

const OTHER = { gateway: 'line-1-b', role: 'stand-by', unready: null, seen_s: 1 }
const REPORT: PairReport = {
  pair: 'line-1',
  role: 'active',
  since: '2026-01-31T09:00:00.000Z',
  unready: null,
  other: OTHER,
  superseded: 0,
}

const said = (changes: Partial<PairReport>) => pairText({ ...REPORT, ...changes }, 'since 10:00')

test.each<readonly [what: string, report: Partial<PairReport>, text: string]>([
  ['both are well', {}, 'line-1-b is standing by, ready to take over, heard 1 s ago'],
  [
    'the other one could not take over',
    { other: { ...OTHER, unready: 'it is starting' } },
    'line-1-b is standing by, not ready: it is starting, heard 1 s ago',
  ],
  [
    'this one stands by',
    { role: 'stand-by', other: { ...OTHER, role: 'active' } },
    'line-1-b is the active one, heard 1 s ago',
  ],
  [
    'both stand by',
    { role: 'stand-by', other: { ...OTHER, unready: 'it is starting' } },
    'line-1-b is standing by as well, not ready: it is starting, heard 1 s ago',
  ],
  [
    'both take themselves for the active one',
    { other: { ...OTHER, role: 'active' } },
    'by its last word line-1-b is the active one too, heard 1 s ago',
  ],
  [
    'the other one is silent',
    { role: 'stand-by', other: { ...OTHER, role: 'active', seen_s: 10_800 } },
    'line-1-b is silent: it was the active one when last heard 3 h ago',
  ],
  ['there is no other one', { other: null }, 'the other gateway was never heard of'],
])('where %s', (_, report, text) => {
  expect(said(report)).toContain(text)
})

test('its own part comes first, and what was superseded last', () => {
  expect(said({ role: 'stand-by', unready: 'it is starting', superseded: 2 })).toMatch(
    /^line-1: this gateway is standing by since 10:00; not ready: it is starting; .*; 2 events superseded by the other one$/,
  )
})
