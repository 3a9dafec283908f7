/** UPC-E: a UPC-A with its zeros left out (GS1 General Specifications, "UPC-E barcodes"). */
import { endsInCheckDigit } from './check-digit.ts'

/** The twelve digits that eight stand for: 0 or 1, six digits, and the check digit of all twelve; null where they are no UPC-E. */
export function upcA(digits: string): string | null {
  const [, system = '', short = '', check = ''] = /^([01])(\d{6})(\d)$/.exec(digits) ?? []
  if (short === '') return null
  const full = `${system}${fullNumber(short)}${check}`
  return endsInCheckDigit(full) ? full : null
}

/** Company and item, of five digits each. The last of the six says which zeros are missing. */
function fullNumber(short: string): string {
  const last = Number(short[5])
  if (last <= 2) return `${short.slice(0, 2)}${last}0000${short.slice(2, 5)}`
  if (last === 3) return `${short.slice(0, 3)}00000${short.slice(3, 5)}`
  if (last === 4) return `${short.slice(0, 4)}00000${short.slice(4, 5)}`
  return `${short.slice(0, 5)}0000${last}`
}
