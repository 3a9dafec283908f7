/**
 * GS1 element strings: application identifiers and values, as `0104012345678901` `10LOT42`, with a separator (FNC1, which
 * scanners send as GS) behind a value of variable length; or with brackets, as `(01)04012345678901(10)LOT42`.
 */
import type { CodeMark } from '../../domain/scan.ts'
import { loadedWhenUsed } from '../../runtime/loaded-when-used.ts'
import { type Carrier, carrierOf } from './aim.ts'
import { type CheckDigit, checkDigitOf, endsInCheckDigit } from './check-digit.ts'
import { fitsFormat, hasFixedLength } from './element-formats.ts'
import type { Payload } from './payload.ts'
import { type CodeReading, firstOfEach } from './reading.ts'
import { GS, withSeparators } from './separators.ts'
import { upcA } from './upc-e.ts'

const parser = loadedWhenUsed<typeof import('gs1-barcode-parser-mod')>('gs1-barcode-parser-mod')

type Element = readonly [ai: string, value: string]

/** What stands in a code that is a GS1 element string, or that its carrier makes a GTIN; null where it is neither. */
export function readGs1(payload: Payload): CodeReading | null {
  const carrier = carrierOf(payload.aimId)
  return retailGtin(payload.data, carrier) ?? elementString(payload.data, carrier)
}

/** A GTIN is stored with 14 digits, whatever its carrier holds. */
export function gtin14(digits: string): string {
  return digits.padStart(14, '0')
}

/**
 * Whether a separator behind a value was lost on the way, so that what follows ran into it: some value, cut somewhere, gives
 * all that is missed.
 */
export function hidesElements({ fields }: CodeReading, missed: readonly string[]): boolean {
  return [...fields].some(([ai, value]) => !hasFixedLength(ai) && hides(value, missed))
}

function hides(value: string, missed: readonly string[]): boolean {
  if (value.length > HIDING_LENGTH_MAX) return false
  return missed.some((ai) => {
    for (let at = value.indexOf(ai, 1); at > 0; at = value.indexOf(ai, at + 1)) {
      const hidden = elementsOf(value.slice(at)) ?? []
      const isGiven = (other: string) => hidden.some((element) => element[0] === other && isWhole(element))
      if (missed.every(isGiven)) return true
    }
    return false
  })
}

/** Far more than a value with a few others run into it; so that looking for them takes no time worth mentioning. */
const HIDING_LENGTH_MAX = 255

function retailGtin(data: string, carrier: Carrier): CodeReading | null {
  const upcE = carrier === 'retail' && /^\d{8}$/.test(data) ? upcA(data) : null
  if (upcE) return reading([['01', gtin14(upcE)]], true)
  const isGtin =
    (carrier === 'retail' &&
      (/^\d{12,13}$/.test(data) || (/^\d{8}$/.test(data) && endsInCheckDigit(data)))) ||
    (carrier === 'ean8' && /^\d{8}$/.test(data)) ||
    (carrier === 'itf' && /^\d{14}$/.test(data) && endsInCheckDigit(data))
  return isGtin ? reading([['01', gtin14(data)]], true) : null
}

function elementString(data: string, carrier: Carrier): CodeReading | null {
  const isBracketed = /^\(\d{2,4}\)/.test(data)
  // Its AIM identifier says that it is none.
  if (!isBracketed && carrier !== 'gs1' && carrier !== 'unsaid') return null
  const isSaid = isBracketed || carrier === 'gs1'
  const text = withSeparators(data)
  return withStandIns(text, isSaid) ?? readElements(text, isSaid || text.includes(GS))
}

/** Where the scanner sends another character in place of a separator: one that no GS1 code can hold, and it must give a whole code. */
function withStandIns(text: string, isSaid: boolean): CodeReading | null {
  const replaced = text.replace(STAND_INS, GS)
  if (text.includes(GS) || replaced === text) return null
  const found = readElements(replaced, isSaid)
  return found?.isSure && !found.marks.includes('gs_lost') ? found : null
}
const STAND_INS = /[|~]/g

/** @param isSaid whether it is known to be an element string; otherwise a right check digit has to show it */
function readElements(text: string, isSaid: boolean): CodeReading | null {
  const elements = elementsOf(text)
  if (!elements || elements.some(([ai, value]) => checkDigitOf(ai, value) === 'not_digits')) return null
  return reading(elements, isSaid || checks(elements).includes('right'))
}

function reading(elements: readonly Element[], isSure: boolean): CodeReading {
  const marks: CodeMark[] = []
  if (checks(elements).includes('wrong')) marks.push('check_digit')
  if (!elements.every(isWhole)) marks.push('gs_lost')
  return { fields: firstOfEach(elements), isSure, marks }
}

function checks(elements: readonly Element[]): readonly CheckDigit[] {
  return elements.map(([ai, value]) => checkDigitOf(ai, value))
}

/** A value that is too long for its identifier has run over into what a lost separator should have kept apart. */
function isWhole([ai, value]: Element): boolean {
  return hasFixedLength(ai) || fitsFormat(ai, value)
}

/** The elements of a string with real separators; null where the parser finds none, or stumbles. */
export function elementsOf(text: string): readonly Element[] | null {
  try {
    // Some scanners send the FNC1 in front as well.
    const { parsedCodeItems } = parser().parseBarcode(text.replace(LEADING_GS, ''))
    const elements = parsedCodeItems.map(({ ai, raw }): Element => [ai, raw])
    return elements.length > 0 && elements.every(([ai]) => /^\d{2,4}$/.test(ai)) ? elements : null
  } catch {
    return null
  }
}
const LEADING_GS = new RegExp(`^${GS}+`)
