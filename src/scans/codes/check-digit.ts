/** Check digits of GS1 keys, modulo 10 (GS1 General Specifications, "Check digit calculations"). */

/** How many leading digits of a value end in a check digit, by application identifier. */
const CHECKED_DIGITS: Readonly<Record<string, number>> = {
  '00': 18, // SSCC
  '01': 14, // GTIN
  '02': 14, // GTIN of contained items
  '03': 14, // GTIN of a made-to-order item
  '253': 13, // GDTI
  '255': 13, // GCN
  '402': 17, // GSIN
  '410': 13, // GLN, and so on to 417
  '411': 13,
  '412': 13,
  '413': 13,
  '414': 13,
  '415': 13,
  '416': 13,
  '417': 13,
  '8003': 14, // GRAI
  '8006': 14, // ITIP
  '8017': 18, // GSRN of a provider
  '8018': 18, // GSRN of a recipient
  '8026': 14, // ITIP of contained items
}

/** `none`: this application identifier has no check digit. `not_digits`: there are not as many digits as there must be. */
export type CheckDigit = 'right' | 'wrong' | 'not_digits' | 'none'

/** Whether the value of an application identifier ends in the digit that its other digits ask for. */
export function checkDigitOf(ai: string, value: string): CheckDigit {
  const length = CHECKED_DIGITS[ai]
  if (length === undefined) return 'none'
  const digits = value.slice(0, length)
  if (digits.length < length || !/^\d+$/.test(digits)) return 'not_digits'
  return endsInCheckDigit(digits) ? 'right' : 'wrong'
}

/** From the right, digits weigh 1, 3, 1, 3 and so on, the check digit 1; the sum must be a multiple of 10. */
export function endsInCheckDigit(digits: string): boolean {
  const sum = [...digits].toReversed().reduce((total, digit, i) => total + Number(digit) * (i % 2 ? 3 : 1), 0)
  return sum % 10 === 0
}
