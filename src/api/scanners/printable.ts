/** What was scanned, so that people can read it: control characters by the names that manuals print. */

const NAMES = [
  ...[
    'NUL',
    'SOH',
    'STX',
    'ETX',
    'EOT',
    'ENQ',
    'ACK',
    'BEL',
    'BS',
    'TAB',
    'LF',
    'VT',
    'FF',
    'CR',
    'SO',
    'SI',
  ],
  ...[
    'DLE',
    'DC1',
    'DC2',
    'DC3',
    'DC4',
    'NAK',
    'SYN',
    'ETB',
    'CAN',
    'EM',
    'SUB',
    'ESC',
    'FS',
    'GS',
    'RS',
    'US',
  ],
]

/** `]d201…<GS>37100`; what is no text is shown in hex. */
export function printableText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u{fffd}]/gu, (one) => {
    const code = one.codePointAt(0) ?? 0
    return `<${NAMES[code] ?? (code === 0x7f ? 'DEL' : hex(code))}>`
  })
}

/** Bytes as UTF-8, or where they are none, each as its own character. */
export function printableBytes(bytes: Uint8Array): string {
  try {
    return printableText(UTF8.decode(bytes))
  } catch {
    return printableText(Buffer.from(bytes).toString('latin1'))
  }
}
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function hex(code: number): string {
  return `0x${code.toString(16).toUpperCase().padStart(2, '0')}`
}
