/**
 * The bytes by which a host makes a scanner beep, by brand, from the makers' manuals. A site that needs others writes them
 * into its map.
 *
 * Most scanners have one tone only that a host can sound. Nothing is sent to them for a refused scan: several beeps in a row
 * may run into one, and would then tell the operator that a refused scan was stored. For them silence means refused.
 */
import type { Acknowledgements } from '../domain/station-map.ts'

/** The word behind `brand:`. */
export const BRANDS = [
  'datalogic',
  'psc',
  'honeywell',
  'honeywell_host_ack',
  'hhp',
  'cipherlab',
  'zebra',
  'generic',
  'none',
] as const
export type Brand = (typeof BRANDS)[number]

/** The bytes that make a scanner of this brand beep for a stored and for a refused scan; empty: nothing is sent. */
export function acknowledgementOf(brand: Brand): Acknowledgements {
  const { good, bad } = TONES[brand]
  return { good: Buffer.from(good, 'latin1'), bad: Buffer.from(bad, 'latin1') }
}

const SILENT = ''
/** ASCII BEL. */
const BELL = '\x07'
const ESCAPE = '\x1b'

const TONES: Readonly<Record<Brand, { readonly good: string; readonly bad: string }>> = {
  // `B`: the good read tone, and `F`: "not on file", a long series of beeps. Datalogic Magellan 9300i/9800i reference,
  // appendix E, and QD 2300, appendix G. `B` is silent where the good read beep is set to off in the scanner; byte 0x01
  // sounds then too.
  datalogic: { good: 'B', bad: 'F' },
  // PSC PowerScan programming guide, appendix A, knows `B` and 0x01, and no tone for a refusal.
  psc: { good: 'B', bad: SILENT },
  // SYN BEL CR: one beep. Honeywell's list of serial commands.
  honeywell: { good: `\x16${BELL}\r`, bad: SILENT },
  // Where "Host ACK" is on. The comma ends a command. `ESC 7`: on file, `ESC 8`: not on file, sent twice as the manual has it.
  // Xenon/Granit user guide, "Host Command Acknowledgment".
  honeywell_host_ack: { good: `${ESCAPE}7,`, bad: `${ESCAPE}8,${ESCAPE}8,` },
  // The same commands in the older scanners: Honeywell 2020 and Hand Held Products IT2020, "Host Escape Commands".
  hhp: { good: `${ESCAPE}7,`, bad: `${ESCAPE}8,` },
  // `#@////` CR: respond with a beep. CipherLab 1663 and 1664 reference, appendix II.
  cipherlab: { good: '#@////\r', bad: SILENT },
  // A scanner on RS-232 or USB-CDC with the option "Beep on <BEL>". Symbol DS9808 and DS9208 reference, chapter 2, "Beeper
  // Definitions". Everything else needs Zebra's own packets (SSI).
  zebra: { good: BELL, bad: SILENT },
  // What most other makers understand, if anything.
  generic: { good: BELL, bad: SILENT },
  none: { good: SILENT, bad: SILENT },
}

/** Those bytes for every brand. */
export const BRAND_TONES: Readonly<Record<string, Acknowledgements>> = Object.fromEntries(
  BRANDS.map((brand) => [brand, acknowledgementOf(brand)]),
)
