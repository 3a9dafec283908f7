import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchOf, patternDoubts } from '../../../src/scans/patterns.ts'

const GS = String.raw`\x1d`

/** Each with a text that it takes. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^B(?<employee_code>\d{4,8})$/, 'B12345'],
  [/^WO-(?<wo>[A-Z0-9-]+)$/, 'WO-2026-A'],
  [/^!(START|PAUSE|RESUME)$/, '!PAUSE'],
  [/^RSN:(?<code>[a-z_]+)$/, 'RSN:jam_b'],
  [/LOT(?<lot>\w+)(?:-(?<part>\d+))?/, 'xLOT4_2-7'],
  [/(?<a>x)|(?<b>y)/, 'ay'],
  [/^(?:[A-Z]{2})?\d+\/\d+\b/, 'AB12/9'],
  [/wo-(\d+)/i, 'Wo-12'],
  [new RegExp(`^[^${GS}]+${GS}\\u0041?`), 'ab\u001dA'],
  [/a+?b*?c??$/, 'aabbc'],
]

describe('a pattern of a map', () => {
  it.each(PATTERNS)('finds what a regular expression of JavaScript finds: %s', (pattern, taken) => {
    const some = fc.string({ unit: fc.constantFrom(...'WOB-!xyabc:/19_LT\u001d') })
    const near = fc
      .tuple(fc.nat(taken.length), fc.nat(2), some)
      .map(([at, gone, more]) => taken.slice(0, at) + more + taken.slice(at + gone))
    fc.assert(
      fc.property(fc.oneof(fc.constant(taken), near, some), (text) => {
        const theirs = pattern.exec(text)
        const named = Object.entries(theirs?.groups ?? {}).filter(([, value]) => value !== undefined)
        const ours = matchOf(pattern, text)
        expect(ours === null).toBe(theirs === null)
        expect([...(ours?.named ?? [])]).toEqual(named)
        expect(ours?.first ?? null).toBe(theirs?.[1] ?? null)
      }),
    )
  })

  it.each([/^(\w+-?)+$/, /^(a|a)+$/, /^(?:\d*)*x$/, /(.*)(.*)(.*)(.*)#$/])(
    'is run to its end on the longest code, though it makes JavaScript take for ever: %s',
    (pattern) => {
      expect(patternDoubts(pattern)).toBeNull()
      expect(matchOf(pattern, `${'a'.repeat(2000)}${'1'.repeat(2000)}!`)).toBeNull()
    },
  )

  it.each([
    ['look-ahead', /^(?=WO)\w+$/],
    ['look-behind', /(?<!X)\d+/],
    ['a back-reference', /^(\d)\1$/],
    ['a back-reference by name', /^(?<x>\d)\k<x>$/],
    ['half a character', /\ud83d/],
    ['a repetition over 1000', /^\d{2000}$/],
    ['repetitions that multiply to over 1000', /^(?:\d{100}){100}$/],
  ])('is refused with %s, and says what to do', (_, pattern) => {
    expect(patternDoubts(pattern)).toMatch(/cannot be run in bounded time .*do without/)
  })

  it.each(['(?:a?){1000}', 'a{0,1000}'])(
    'that would try tens of thousands of ways at each character is refused: %s',
    (part) => {
      expect(patternDoubts(new RegExp(`^${part.repeat(20)}$`, 'u'))).toMatch(/repeats too much/)
      expect(patternDoubts(new RegExp(`^${part}$`, 'u'))).toBeNull()
    },
  )
})
