/** Other ways to write the same article number: a GTIN has 8, 12, 13 or 14 digits, which differ only in leading zeros. */
import type { LookupPlace } from './master-data.ts'

const LENGTHS = [14, 13, 12, 8]
/** Only what is printed as a barcode is written in more ways than one. */
const COLUMN = 'barcode_data'

/** The code as it is, and then how the same number may stand in this place. The first that is known there counts. */
export function spellingsOf({ column }: LookupPlace, code: string): readonly string[] {
  if (column !== COLUMN || !/^(\d{8}|\d{12,14})$/.test(code)) return [code]
  const longest = code.padStart(14, '0')
  const shorter = LENGTHS.filter((length) => Number(longest.slice(0, 14 - length)) === 0)
  return [...new Set([code, ...shorter.map((length) => longest.slice(14 - length))])]
}
