/** How manuals count the bits of a word. */

/**
 * `lsb0`: from 0, the lowest first, as most do; `lsb1`: from 1, the lowest first; `msb`: from 0, the highest first.
 */
export const BIT_ORDERS = ['lsb0', 'lsb1', 'msb'] as const
export type BitOrder = (typeof BIT_ORDERS)[number]

/** The words of one kind: how their bits are counted, and how many there are. */
export interface BitCount {
  readonly order: BitOrder
  readonly width: number
}

/** The number by which the manual calls a bit that is the `place`th from the lowest, which is 0. */
export function bitNumber(place: number, { order, width }: BitCount): number {
  switch (order) {
    case 'lsb0':
      return place
    case 'lsb1':
      return place + 1
    case 'msb':
      return width - 1 - place
  }
}

/** How far a bit is from the lowest one, by the number that the manual gives it; undefined where the word has no such bit. */
export function bitPlace(number: number, { order, width }: BitCount): number | undefined {
  const place = order === 'msb' ? width - 1 - number : order === 'lsb1' ? number - 1 : number
  return place >= 0 && place < width ? place : undefined
}

/** The numbers that bits have, from the first to the last, as messages show them. */
export function bitNumbersText({ order, width }: BitCount): string {
  switch (order) {
    case 'lsb0':
      return `0 (lowest) to ${width - 1}`
    case 'lsb1':
      return `1 (lowest) to ${width}`
    case 'msb':
      return `0 (highest) to ${width - 1}`
  }
}
