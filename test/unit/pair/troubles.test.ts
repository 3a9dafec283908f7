/** What each gateway of a pair says is wrong with it, before a takeover is needed. */
import { expect, test } from 'vitest'
import { type PairView, pairTroubles } from '../../../src/pair/troubles.ts'

const NOW_MS = Date.UTC(2026, 0, 31, 9)
const OTHER = {
  gateway: 'line-1-b',
  role: 'stand-by',
  unready: null,
  mapsHash: 'same',
  seenAgoMs: 0,
} as const

function view(changes: Partial<PairView> = {}): PairView {
  return {
    ...{ pair: 'line-1', role: 'active', leaseMs: 10_000, nowMs: NOW_MS, mapsHash: 'same' },
    ...{ away: undefined, unready: undefined, clockOffsetMs: 0, startedAtMs: NOW_MS - 3_600_000 },
    ...{ other: { ...OTHER, seenAtMs: NOW_MS }, third: [] },
    ...changes,
  }
}

const ago = (ms: number) => ({ sinceMs: NOW_MS - ms, why: 'no answer from 10.0.0.1' })
const other = (changes: Partial<NonNullable<PairView['other']>>) => ({
  other: { ...OTHER, seenAtMs: NOW_MS, ...changes },
})

test.each<readonly [what: string, seen: Partial<PairView>, troubles: readonly string[]]>([
  ['nothing', {}, []],
  ['central for less than a lease', { away: ago(9_000) }, []],
  ['central for longer', { away: ago(11_000) }, ['pair-lease-away']],
  ['a device of the stand-by', { role: 'stand-by', unready: ago(31_000) }, ['pair-unready']],
  ['a device of the stand-by for a moment', { role: 'stand-by', unready: ago(29_000) }, []],
  ['a device of the active one, which says so itself', { unready: ago(31_000) }, []],
  ['a device of the other one', other({ unready: 'it does not reach PRESS-07' }), ['pair-other-unready']],
  ['the other one', other({ seenAtMs: NOW_MS - 61_000, unready: 'it is starting' }), ['pair-alone']],
  ['a second gateway since the start', { other: undefined }, ['pair-alone']],
  ['a second gateway, a moment after the start', { other: undefined, startedAtMs: NOW_MS - 9_000 }, []],
  ['equal maps', other({ mapsHash: 'other' }), ['pair-maps-differ']],
  ['the time', { clockOffsetMs: -1_001 }, ['pair-clock']],
  ['a little of the time', { clockOffsetMs: 1_000 }, []],
])('where %s is missing', (_, seen, codes) => {
  expect(pairTroubles(view(seen)).map(({ code }) => code)).toEqual(codes)
})

test('whoever stands by with maps of its own says that nobody records their machines: two lines may have one name', () => {
  const [active] = pairTroubles(view(other({ mapsHash: 'other' })))
  expect(active?.what).not.toContain('nobody')
  const [standBy] = pairTroubles(view({ role: 'stand-by', ...other({ mapsHash: 'other', role: 'active' }) }))
  expect(standBy?.what).toContain('machines that only the maps of this gateway name are recorded by nobody')
  expect(standBy?.hint).toContain('another name')
})

test('a third gateway is named beside the other one: two pairs may have one name, or a computer was replaced and still runs', () => {
  const [crowded] = pairTroubles(view({ third: ['line-2-a', 'line-2-b'] }))
  expect(crowded).toMatchObject({ code: 'pair-crowded' })
  expect(crowded?.what).toContain('"line-1-b" and "line-2-a" and "line-2-b"')
  expect(pairTroubles(view({ third: ['line-2-a'], away: ago(9_000) }))).toEqual([])
})
