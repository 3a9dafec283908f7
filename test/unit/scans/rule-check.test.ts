import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScanRule } from '../../../src/domain/station-map.ts'
import { isWithin, languageOf, textInBoth } from '../../../src/scans/pattern-language.ts'
import { matchOf } from '../../../src/scans/patterns.ts'
import { checkRules, type ScanExample } from '../../../src/scans/rule-check.ts'
import { codesStation, rule } from '../../support/codes-station.ts'

const match = (pattern: RegExp, more: Partial<ScanRule> = {}) => rule({ kind: 'match', pattern }, more)
const gs1 = (...need: string[]) => rule({ kind: 'gs1', need })
const envelope = (fields: Readonly<Record<string, readonly string[]>>, ...need: string[]) =>
  rule({ kind: 'iso15434', fields, need })
const everything = rule({ kind: 'all' })
const command = { means: { kind: 'command' }, scanType: 'command' } as const

function findings(rules: readonly ScanRule[], ...examples: ScanExample[]) {
  return checkRules(codesStation({ rules }), examples)
}

describe('rules that are as they should be', () => {
  it('give nothing to say', () => {
    const examples = [
      { scan: 'WO-2026-1', is: 'work_order' },
      { scan: '!START', is: 'command' },
      { scan: 'RSN:jam', is: 'downtime_reason' },
      { scan: ']d2010401234567890110L\x1d375', is: 'material_receipt' },
      { scan: ']d2010401234567890110L<GS>375', is: 'material_receipt' },
      { scan: '[)>\x1e06\x1dP1\x1dQ2\x1e\x04', is: 'material_receipt' },
      { scan: 'SHP-42', is: 'shipment' },
      { scan: 'B4711', is: 'badge' },
      { scan: '???', is: 'unknown' },
    ]
    expect(checkRules(codesStation(), examples)).toEqual([])
  })

  it.each([
    ['a general pattern behind a special one', [match(/^WO-\d+$/), match(/^WO-/)]],
    ['everything at the end', [match(/^WO-\d+$/), gs1('01'), everything]],
    ['fewer needs behind more', [gs1('01', '37'), gs1('01'), gs1()]],
    ['a pattern behind a command that takes other words', [match(/^!(\w+)$/, command), match(/^!HELP$/)]],
    ['patterns with nothing in common', [match(/^A\d+$/), match(/^B-\d+$/), match(/^C/)]],
  ])('are: %s', (_, rules) => {
    expect(findings(rules)).toEqual([])
  })
})

describe('a rule that is never reached', () => {
  const never = (index: number, ...before: number[]) => ({ kind: 'never_reached', rule: index, before })

  it.each([
    ['behind one that takes everything', [everything, match(/^WO-/)], never(1, 0)],
    ['behind a more general pattern', [match(/^WO/), match(/^X$/), match(/^WO-\d+$/)], never(2, 0)],
    ['behind the same pattern written otherwise', [match(/^[0-9]{3}$/), match(/^\d\d\d$/)], never(1, 0)],
    [
      'behind two that take everything together',
      [match(/^[0-4]$/), match(/^[5-9]$/), match(/^\d$/)],
      never(2, 0, 1),
    ],
    ['behind fewer needs', [gs1('01'), gs1('10', '01')], never(1, 0)],
    [
      'behind an envelope that needs less',
      [envelope({ part: ['P', '1P'] }, 'part'), envelope({ item: ['1P'], qty: ['Q'] }, 'item', 'qty')],
      never(1, 0),
    ],
    [
      'behind either case of the same',
      [match(/^(?i:wo)-(?<wo>\d+)$/u), match(/^[Ww]O-[0-9]$/u)],
      never(1, 0),
    ],
    ['since badges take all of it', [match(/^B\d{5}$/)], never(0)],
  ])('is found: %s', (_, rules, finding) => {
    expect(findings(rules)).toEqual([finding])
  })

  it('is said of a pattern that takes no text at all', () => {
    expect(findings([match(/x$y/)])).toEqual([{ kind: 'takes_nothing', rule: 0 }])
  })

  it.each([
    [
      'a rule with needs behind one without, which leaves it digits without AIM identifier',
      [gs1(), gs1('01')],
    ],
    [
      'an envelope with another data identifier for what the earlier needs',
      [envelope({ part: ['P'] }, 'part'), envelope({ part: ['P', '1P'] }, 'part')],
    ],
    ['a pattern that asks for the edge of a word', [match(/^WO-/), match(/^WO-\d+\b/)]],
  ])('is not said of %s', (_, rules) => {
    expect(findings(rules)).toEqual([])
  })
})

describe('two rules that take the same code', () => {
  it('are shown with a code that both take', () => {
    expect(findings([match(/^[A-Z]{2}-\d+$/), match(/^WO-\w+$/)])).toEqual([
      { kind: 'overlap', rule: 1, other: 0, text: 'WO-0' },
    ])
  })

  it('are shown where one of them is for badges', () => {
    expect(findings([match(/^B\d{8,10}$/)])).toEqual([
      { kind: 'overlap', rule: 0, other: null, text: 'B00000000' },
    ])
  })

  it('are shown with the example that both take', () => {
    const [, ...twice] = findings([match(/^[A-Z]{2}-\d+$/), match(/^WO-\w+$/)], { scan: 'WO-7', is: 'thing' })
    expect(twice).toEqual([{ kind: 'example_twice', example: 0, rules: [0, 1] }])
  })

  it('are shown with the example also where they are of different kinds', () => {
    const rules = [match(/^01\d{14}/), gs1('01')]
    expect(findings(rules, { scan: '0109506000134352', is: 'thing' })).toEqual([
      { kind: 'example_twice', example: 0, rules: [0, 1] },
    ])
  })
})

describe('an example', () => {
  it.each([
    ['is taken by another rule', 'SHP-1', 'work_order', { is: 'shipment', rule: 7 }],
    ['is taken by none', 'SHOP-1', 'shipment', { is: 'unknown', rule: null }],
    ['is a badge', 'B4711', 'work_order', { is: 'badge', rule: null }],
    ['is no badge', 'B47', 'badge', { is: 'unknown', rule: null }],
  ])('that %s is found', (_, scan, is, finding) => {
    expect(checkRules(codesStation(), [{ scan, is }])).toEqual([
      { kind: 'example_differs', example: 0, ...finding },
    ])
  })

  it('may say what a rule is or what it is stored as', () => {
    const rules = [match(/^WO-\d+$/, { means: { kind: 'work_order' }, scanType: 'job' })]
    const examples = ['work_order', 'job'].map((is) => ({ scan: 'WO-1', is }))
    expect(findings(rules, ...examples)).toEqual([])
  })
})

describe('a pattern whose groups have no name', () => {
  const lookup = { places: [{ table: 'shipments', column: 'shipment_number' }], key: null } as const

  it.each([
    ['is looked up', match(/^SHP-(\d+)$/, { lookup })],
    ['is a work order', match(/^WO-(\d+)$/, { means: { kind: 'work_order' } })],
    ['is a reason', match(/^RSN:(\w+)$/, { means: { kind: 'downtime_reason' } })],
  ])('is found where it %s', (_, one) => {
    expect(findings([one])).toEqual([{ kind: 'nameless_groups', rule: 0 }])
  })

  it.each([
    ['a command', match(/^!(START|PAUSE)$/, command)],
    ['something that is looked up nowhere', match(/^(A|B)\d+$/)],
    ['a group that only joins alternatives', match(/^(?:SHP|EXP)-\d+$/, { lookup })],
    ['a group with a name', match(/^SHP-(?<number>\d+)$/, { lookup })],
  ])('is right for %s', (_, one) => {
    expect(findings([one])).toEqual([])
  })
})

describe('what is proven of patterns', () => {
  const PATTERNS = [
    /^WO-\d+$/,
    /WO-\d/,
    /^[A-Z]+-\d+/,
    /^WO-(?<wo>[A-Z0-9-]+)$/,
    /^a|b$/,
    /^(?:a|b$)/,
    /(^|-)a($|-)/,
    /^[^a]{1,3}$/,
    /^.*$/,
    /wo-1/i,
    /^(?i:wo)-?[0-9]/u,
    /^(?i:wo|z)\d(?i:b)$/u,
    /^(\w+-?)+$/,
    /.a/,
  ]
  const units = fc.constantFrom(...'WOwo-ab019ZX')
  const some = fc.string({ unit: units, maxLength: 8 })

  it('holds of every text that is tried', () => {
    const pairs = PATTERNS.flatMap((one) => PATTERNS.map((other) => [one, other] as const))
    for (const [one, other] of pairs) {
      const [first, second] = [languageOf(one), languageOf(other)]
      if (!first || !second) throw new Error(`nothing is proven about ${one} or ${other}`)
      const text = textInBoth(first, second)
      const takes = (pattern: RegExp, code: string) => matchOf(pattern, code) !== null
      if (text !== null) expect([takes(one, text), takes(other, text)]).toEqual([true, true])
      const isInside = isWithin(first, [second])
      fc.assert(
        fc.property(some, (code) => {
          if (isInside && takes(one, code)) expect(takes(other, code)).toBe(true)
          if (text === null) expect(takes(one, code) && takes(other, code)).toBe(false)
        }),
      )
    }
  })

  it.each([
    ['the edge of a word', /\bWO/],
    ['either case of some letters alone', /^(?i:wo)-[A-Z]$/u],
    ['thousands of states', /^(?:[a-z]{50}x){60}$/],
  ])('is nothing where a pattern asks for %s', (_, pattern) => {
    expect(languageOf(pattern) === null).toBe(true)
  })

  it('is nothing where it would take too long to find out', () => {
    const [one, other] = [languageOf(/^b{30}$/), languageOf(/a.{20}b/)]
    expect(one && other && isWithin(one, [other])).toBe(false)
  })
})
