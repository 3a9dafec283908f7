/** AIM symbology identifiers, `]cm`: which kind of barcode a text was read from (ISO/IEC 15424). */

const FORM = /^\][A-Za-z][0-9A-Za-z](?=.)/s

/** Takes the identifier off the front of a text. Text that is nothing but an identifier is left as it is. */
export function takeAimId(text: string): { readonly aimId: string | null; readonly rest: string } {
  const aimId = FORM.exec(text)?.[0] ?? null
  return { aimId, rest: aimId ? text.slice(aimId.length) : text }
}

/**
 * What the identifier says about the content. `gs1`: element strings (FNC1 stands in front). `retail`: EAN and UPC, whose digits
 * are a GTIN. `itf`: Interleaved 2 of 5, whose digits are a GTIN where there are 14. `plain`: whatever the site put in.
 * `unsaid`: there is no identifier.
 */
export type Carrier = 'gs1' | 'retail' | 'itf' | 'plain' | 'unsaid'

export function carrierOf(aimId: string | null): Carrier {
  return aimId === null ? 'unsaid' : (CARRIERS[aimId] ?? 'plain')
}

const CARRIERS: Readonly<Record<string, Carrier>> = {
  ']C1': 'gs1', // GS1-128
  ']e0': 'gs1', // GS1 DataBar
  ']e1': 'gs1', // GS1 Composite
  ']e2': 'gs1', // GS1 Composite
  ']d2': 'gs1', // GS1 DataMatrix
  ']Q3': 'gs1', // GS1 QR Code
  ']J1': 'gs1', // GS1 DotCode
  ']E0': 'retail', // EAN-13, UPC-A, UPC-E
  ']E4': 'retail', // EAN-8
  ']I0': 'itf', // no check digit verified
  ']I1': 'itf', // check digit verified and transmitted
}
