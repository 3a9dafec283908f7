/** Reports of a keyboard that types a text: small letters, digits, and Enter at the end. */
export function typed(text: string): readonly string[] {
  const keys = [...text].map((character) => KEYS.indexOf(character) + 4)
  return [...keys, ENTER].flatMap((key) => [`0000${key.toString(16).padStart(2, '0')}0000000000`, UP])
}

const KEYS = 'abcdefghijklmnopqrstuvwxyz1234567890'
const ENTER = 0x28
const UP = '0000000000000000'
