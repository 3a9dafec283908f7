/** AIM symbology identifiers, `]cm`: which kind of barcode a text was read from (ISO/IEC 15424). */

/**
 * Some scanners can be set to send the maker's own letter for the kind of barcode as well, in front of the identifier; and where
 * FNC1 is sent as the identifier, that stands there twice.
 */
const FORM = /^[A-Za-z]?(?<id>\][A-Za-z][0-9A-Za-z])\k<id>?(?=.)/s

/** Takes the identifier off the front of a text. Text that is nothing but an identifier is left as it is. */
export function takeAimId(text: string): { readonly aimId: string | null; readonly rest: string } {
  const found = FORM.exec(text)
  return { aimId: found?.groups?.id ?? null, rest: found ? text.slice(found[0].length) : text }
}

/**
 * What the identifier says about the content. `gs1`: element strings (FNC1 stands in front). `retail`, `ean8`: EAN and UPC, whose
 * digits are a GTIN. `itf`: Interleaved 2 of 5, whose digits are a GTIN where there are 14. `plain`: whatever the site put in.
 * `unsaid`: there is no identifier.
 */
export type Carrier = 'gs1' | 'retail' | 'ean8' | 'itf' | 'plain' | 'unsaid'

/** Whatever is not listed is `plain`. */
export function carrierOf(aimId: string | null): Carrier {
  return aimId === null ? 'unsaid' : (CARRIERS[aimId] ?? 'plain')
}

/**
 * What people call the kind of barcode that an identifier names; null where it names none that is known here. ISO/IEC 15424, and
 * for the forms of GS1 the GS1 General Specifications, section 5.
 */
export function symbologyOf(aimId: string): string | null {
  return GS1_FORMS[aimId] ?? SYMBOLOGIES[aimId.charAt(1)] ?? null
}

const GS1_FORMS: Readonly<Record<string, string>> = {
  ']C1': 'GS1-128',
  ']d2': 'GS1 DataMatrix',
  ']Q3': 'GS1 QR Code',
  ']J1': 'GS1 DotCode',
  ']e0': 'GS1 DataBar',
  ']e1': 'GS1 Composite',
  ']e2': 'GS1 Composite',
  ']E0': 'EAN-13 / UPC',
  ']E4': 'EAN-8',
}

const SYMBOLOGIES: Readonly<Record<string, string>> = {
  A: 'Code 39',
  B: 'Telepen',
  C: 'Code 128',
  d: 'Data Matrix',
  e: 'GS1 DataBar',
  E: 'EAN / UPC',
  F: 'Codabar',
  G: 'Code 93',
  H: 'Code 11',
  I: 'Interleaved 2 of 5',
  J: 'DotCode',
  L: 'PDF417',
  M: 'MSI',
  Q: 'QR Code',
  R: '2 of 5',
  S: '2 of 5',
  U: 'MaxiCode',
  z: 'Aztec Code',
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
  ']E4': 'ean8', // EAN-8
  ']I0': 'itf', // no check digit verified
  ']I1': 'itf', // check digit verified and transmitted
}
