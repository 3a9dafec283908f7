/** What must hold of every code, with codes built here and bytes by chance. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify } from '../../../src/scans/classify.ts'
import { readGs1 } from '../../../src/scans/codes/gs1.ts'
import { readEnvelope } from '../../../src/scans/codes/iso15434.ts'
import { payloadOf } from '../../../src/scans/codes/payload.ts'
import { understand } from '../../../src/scans/understand.ts'
import { codesStation, rawScan } from '../../support/codes-station.ts'

const GS = '\x1d'
const RS = '\x1e'
const EOT = '\x04'
const CODE_BYTES_MAX = 4096

const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`))
/** Characters that GS1 allows, but for those that a keyboard scanner draws separators with, and brackets. */
const text = (max: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9!"%&'*+,./:;=?_-]{1,${max}}$`))

/** With the check digit that the standard asks for, reckoned in another way than the gateway does. */
function keyed(length: number): fc.Arbitrary<string> {
  return digits(length - 1).map((body) => {
    const weights = body.split('').map((_, i) => ((body.length - i) % 2 === 1 ? 3 : 1))
    const sum = weights.reduce((total, weight, i) => total + weight * Number(body[i]), 0)
    return `${body}${(1000 - sum) % 10}`
  })
}

/** Elements of each kind of format: a key, a date, a measure, and values that need a separator. */
const ELEMENTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  '01': keyed(14),
  '00': keyed(18),
  '17': fc.constantFrom('261231', '260100', '270228'),
  '3103': digits(6),
  '11': fc.constantFrom('260131', '991130'),
  '10': text(20),
  '21': text(20),
  '37': fc.stringMatching(/^\d{1,8}$/),
  '240': text(30),
  '98': text(90),
}
const IS_FIXED = /^(?:0[01]|1[17]|3103)$/

const elementLists = fc
  .subarray(Object.keys(ELEMENTS), { minLength: 1 })
  .chain((ais) => fc.shuffledSubarray(ais, { minLength: ais.length }))
  .chain((ais) =>
    fc.tuple(...ais.map((ai) => (ELEMENTS[ai] ?? text(1)).map((value) => [ai, value] as const))),
  )

function elementString(elements: readonly (readonly [string, string])[]): string {
  return elements
    .map(([ai, value], i) => `${ai}${value}${IS_FIXED.test(ai) || i === elements.length - 1 ? '' : GS}`)
    .join('')
}

describe('GS1 element strings', () => {
  it('give back what they were built from', () => {
    fc.assert(
      fc.property(elementLists, (elements) => {
        const reading = readGs1({ data: elementString(elements), aimId: ']C1', marks: [] })
        expect(Object.fromEntries(reading?.fields ?? [])).toEqual(Object.fromEntries(elements))
        expect(reading?.marks).toEqual([])
      }),
    )
  })

  it('give back the same with brackets', () => {
    fc.assert(
      fc.property(elementLists, (elements) => {
        const data = elements.map(([ai, value]) => `(${ai})${value}`).join('')
        const reading = readGs1({ data, aimId: null, marks: [] })
        expect(Object.fromEntries(reading?.fields ?? [])).toEqual(Object.fromEntries(elements))
      }),
    )
  })

  it('are marked for any single wrong digit of a key', () => {
    const wrong = fc.tuple(keyed(14), fc.nat(13), fc.integer({ min: 1, max: 9 }))
    fc.assert(
      fc.property(wrong, ([gtin, at, by]) => {
        const digit = (Number(gtin[at]) + by) % 10
        const data = `01${gtin.slice(0, at)}${digit}${gtin.slice(at + 1)}`
        expect(readGs1({ data, aimId: ']C1', marks: [] })?.marks).toEqual(['check_digit'])
      }),
    )
  })

  it('are marked where a rule misses a count that ran into the lot', () => {
    fc.assert(
      fc.property(keyed(14), text(12), fc.stringMatching(/^\d{1,6}$/), (gtin, lot, count) => {
        const raw = rawScan(Buffer.from(`]C101${gtin}10${lot}37${count}`))
        const code = classify(codesStation(), payloadOf(raw, codesStation().payload))
        expect(code).toMatchObject({ scanType: 'material_receipt', marks: ['gs_lost'] })
      }),
    )
  })
})

describe('ISO 15434 envelopes', () => {
  const fields = fc.uniqueArray(fc.tuple(fc.stringMatching(/^\d{0,3}[A-Z]$/), text(30)), {
    selector: ([id]) => id,
    minLength: 1,
    maxLength: 12,
  })

  it('give back what they were built from, with and without their end', () => {
    fc.assert(
      fc.property(fields, fc.constantFrom(`${RS}${EOT}`, RS, EOT, ''), (pairs, end) => {
        const envelope = `[)>${RS}06${pairs.map(([id, value]) => `${GS}${id}${value}`).join('')}${end}`
        const reading = readEnvelope(envelope)
        expect(Object.fromEntries(reading?.fields ?? [])).toEqual(Object.fromEntries(pairs))
        expect(reading?.marks).toEqual([])
      }),
    )
  })
})

describe('any bytes at all', () => {
  const fragments = fc.constantFrom(
    ']C1',
    ']d2',
    ']E0',
    '(01)',
    '0104012345678901',
    '10LOT',
    '37',
    GS,
    RS,
    EOT,
    '[)>',
    '06',
    'https://a/01/',
    '?17=',
    '%',
    '\\x1d',
    '^]',
    '\0',
    'WO-',
    '__proto__',
  )
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(fc.oneof(fragments, fc.string()), { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
  )

  it('are a badge or a code, with few and short fields and no NUL', () => {
    fc.assert(
      fc.property(anything, fc.option(fragments), (bytes, aimId) => {
        const understood = understand(codesStation(), rawScan(bytes, aimId))
        if (understood.kind !== 'code') return
        const { data, fields, marks } = understood.code
        expect(data).not.toContain('\0')
        expect(Object.keys(fields).length).toBeLessThanOrEqual(32)
        expect(Object.values(fields).every((value) => value.length <= 255)).toBe(true)
        expect(new Set(marks).size).toBe(marks.length)
      }),
      { numRuns: 2000 },
    )
  })

  it('are stored as they are where the map takes nothing off', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (scanned) => {
        const { data } = payloadOf(rawScan(Buffer.from(scanned)), { prefix: '', aimId: 'off', dedupeMs: 0 })
        expect(data).toBe(scanned.replaceAll('\0', ''))
      }),
    )
  })

  it.each([
    ['element strings', '', '10A\x1d'],
    ['elements with brackets', '', '(10)A'],
    ['brackets that open', '', '('],
    ['counts that could hide in a lot', '010401234567890110', '37'],
    ['data identifiers', `[)>${RS}06`, `${GS}P1`],
    ['separators', '', GS],
    ['keys of an address', 'https://example.com', '/01'],
  ])('ten times as many %s take no more than some twenty times as long', (_, start, part) => {
    const read = (count: number) => {
      const raw = rawScan(Buffer.from(start + part.repeat(count)))
      return () => understand(codesStation(), raw)
    }
    const most = Math.floor((CODE_BYTES_MAX - start.length) / part.length)
    const few = Math.floor(most / 10)
    // A scan without any content still takes some time, which would hide how it grows.
    expect(bestMs(read(most)) / (bestMs(read(few)) + bestMs(read(0)))).toBeLessThan(25)
  })
})

/** The least time of several, in ms. */
function bestMs(work: () => unknown): number {
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return Math.min(...times)
}
