/** Searches everything that a gateway leaves behind for what must not be there: as it is, in parts, and in other writings of it. */

/** A part of a badge that is so long says who it is. */
const PART_LENGTH = 6

/** Where one text was found, and as what. */
export interface Trace {
  readonly where: string
  readonly as: string
}

/** @param secret letters and digits that stand nowhere by chance */
export function tracesOf(secret: string, contents: ReadonlyMap<string, Buffer>): readonly Trace[] {
  const needles = needlesOf(secret)
  return [...contents].flatMap(([where, content]) => {
    const text = content.toString('latin1')
    return needles.filter(({ needle }) => text.includes(needle)).map(({ as }) => ({ where, as }))
  })
}

function needlesOf(secret: string): readonly { readonly needle: string; readonly as: string }[] {
  const starts = Array.from({ length: secret.length - PART_LENGTH + 1 }, (_, index) => index)
  return starts.flatMap((start) => {
    const part = secret.slice(start, start + PART_LENGTH)
    const bytes = Buffer.from(part)
    return [
      { needle: part, as: part },
      { needle: part.toLowerCase(), as: `${part} in small letters` },
      { needle: [...part].reverse().join(''), as: `${part} backwards` },
      { needle: Buffer.from(part, 'utf16le').toString('latin1'), as: `${part} in UTF-16` },
      { needle: bytes.toString('hex'), as: `${part} in hex` },
      { needle: bytes.toString('hex').toUpperCase(), as: `${part} in hex` },
      { needle: [...bytes].join(','), as: `${part} as a list of bytes` },
      ...[0, 1, 2].map((shift) => ({ needle: base64Core(part, shift), as: `${part} in base64` })),
    ]
  })
}

/** The characters of base64 that depend on this text alone, wherever it begins within three bytes. */
function base64Core(part: string, shift: number): string {
  const encoded = Buffer.from('\0'.repeat(shift) + part).toString('base64')
  const wholeCharacters = Math.floor(((shift + part.length) * 8) / 6)
  return encoded.slice(Math.ceil((shift * 8) / 6), wholeCharacters)
}
