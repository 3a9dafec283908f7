/** Draws barcodes as SVG. What is drawn is kept, since the same card is printed again and again. */
import type { BARCODES } from './shapes.ts'

type Barcode = (typeof BARCODES)[number]

/** Drawings kept. A card has some dozens. */
const KEPT_MAX = 400
/** Bars so high are read from a distance, and by a hand that is not steady; in mm. */
const BAR_HEIGHT_MM = 14
/** ISO/IEC 15417 and ISO/IEC 18004: the white around the bars, in modules. */
const QUIET_CODE128 = 10
const QUIET_QR = 4

const kept = new Map<string, string>()

/** @throws Error where the kind of barcode cannot hold the text */
export async function barcodeSvg(text: string, as: Barcode): Promise<string> {
  const name = `${as} ${text}`
  const known = kept.get(name)
  if (known !== undefined) return known
  const drawn = await draw(text, as)
  const [oldest] = kept.keys()
  if (kept.size >= KEPT_MAX && oldest !== undefined) kept.delete(oldest)
  kept.set(name, drawn)
  return drawn
}

/** How wide a text becomes as Code 128, in modules, quiet zones included; null where it cannot be one. */
export async function modulesOfCode128(text: string): Promise<number | null> {
  try {
    const [, width] = /viewBox="0 0 (\d+) /.exec(await barcodeSvg(text, 'code128')) ?? []
    return width === undefined ? null : Number(width) / SCALE
  } catch {
    return null
  }
}

/** Each module is so many units of the drawing wide. */
const SCALE = 2

/** The library is large, and most gateways never print a card: it is loaded with the first one. */
async function draw(text: string, as: Barcode): Promise<string> {
  const { toSVG } = await import('bwip-js/node')
  const quiet = as === 'code128' ? QUIET_CODE128 : QUIET_QR
  return toSVG({
    bcid: as,
    // As bytes, so that nothing of a text is taken for a command to the encoder.
    text: escaped(text),
    parse: true,
    scale: SCALE,
    ...(as === 'code128'
      ? { height: BAR_HEIGHT_MM, paddingheight: 0 }
      : { eclevel: 'M', paddingheight: quiet }),
    paddingwidth: quiet,
    backgroundcolor: 'FFFFFF',
    barcolor: '000000',
  })
}

/** `^065` is a byte by its number, as BWIPP reads it. */
function escaped(text: string): string {
  return [...Buffer.from(text)].map((byte) => `^${String(byte).padStart(3, '0')}`).join('')
}
