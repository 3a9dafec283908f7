/** How SQLite writes numbers and the types of columns into a row. Not what the program uses, so that the two cannot err alike. */

/** A number of variable length, and where it ends. */
export function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0
  for (let index = at; index < at + 8; index += 1) {
    const byte = bytes[index] ?? 0
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, end: index + 1 }
  }
  return { value: value * 256 + (bytes[at + 8] ?? 0), end: at + 9 }
}

/** Bytes of a column by the number that stands for its type. */
export function columnLength(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2)
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0
}
