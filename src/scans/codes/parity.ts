/** Bytes of seven data bits and a parity bit, read by a port that is set to eight data bits. */

/**
 * The text that was sent, where all bytes have one parity and some have the eighth bit set; null otherwise. A short code in
 * Latin-1 can look like that by chance.
 */
export function withoutParity(bytes: Uint8Array): string | null {
  const isSet = bytes.some((byte) => byte > SEVEN_BITS)
  const isSame = PARITIES.some((holds) => bytes.every(holds))
  return isSet && isSame ? Buffer.from(bytes.map((byte) => byte & SEVEN_BITS)).toString('latin1') : null
}

const SEVEN_BITS = 0x7f

/** Even, odd, and mark: the parity bit is always set. */
const PARITIES: readonly ((byte: number) => boolean)[] = [
  (byte) => onesOf(byte) % 2 === 0,
  (byte) => onesOf(byte) % 2 === 1,
  (byte) => byte > SEVEN_BITS,
]

function onesOf(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length
}
