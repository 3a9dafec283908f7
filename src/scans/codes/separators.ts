/** Separators of structured codes. Scanners that act as keyboards often type a picture of them instead. */

/** Between data elements, in GS1 and in ISO 15434. */
export const GS = '\x1d'
/** Around the formats of an ISO 15434 envelope. */
export const RS = '\x1e'
/** The end of an ISO 15434 envelope. */
export const EOT = '\x04'

/** The text with real separators: `\x1d`, `\u001d`, `<GS>`, `{GS}`, `<FNC1>`, `^]` and, not in front, `]C1` are GS; likewise RS (`^^`) and EOT (`^D`). */
export function withSeparators(text: string): string {
  // Where real ones stand, whatever looks like a picture of one is data.
  if (text.includes(GS) || text.includes(RS)) return text
  return text.replace(PICTURES, (_, code: string, name: string, fnc1: string, caret: string) => {
    if (code) return String.fromCharCode(Number.parseInt(code, 16))
    return BY_PICTURE[(name ?? fnc1 ?? caret).toUpperCase()] ?? ''
  })
}

const PICTURES = /\\(?:x|u00)(1d|1e|04)|[<{[](GS|RS|EOT|FNC1)[>}\]]|(?<!^)(\]C1)|\^([\]^]|D$)/gi
const BY_PICTURE: Readonly<Record<string, string>> = {
  GS,
  RS,
  EOT,
  FNC1: GS,
  ']C1': GS,
  ']': GS,
  '^': RS,
  D: EOT,
}
