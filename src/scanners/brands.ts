/**
 * The bytes by which a host makes a scanner beep, by brand, from the makers' manuals. A site that needs others writes them
 * into its map.
 *
 * Most scanners have one tone only that a host can sound. Nothing is sent to them for a refused scan: several beeps in a row
 * may run into one, and would then tell the operator that a refused scan was stored. For them silence means refused.
 */
import type { Acknowledgements } from '../domain/station-map.ts'

const SILENT = ''
/** ASCII BEL. */
const BELL = '\x07'
const ESCAPE = '\x1b'
/** Of Datalogic and PSC. */
const FORCED_TONE = '\x01'

/** By the word behind `brand:`. Empty: nothing is sent. */
export const BRAND_TONES: Readonly<Record<string, Acknowledgements>> = {
  // 0x01: the good read tone, whatever the scanner is set to; `B` sounds it too, but not where the scanner's own beep is muted, as
  // it should be here. `F`: "not on file", a long series of beeps. Datalogic Magellan 9300i/9800i reference, appendix E, and
  // QD 2300, appendix G.
  datalogic: tones(FORCED_TONE, 'F'),
  // The same without a tone for a refusal. PSC PowerScan programming guide, appendix A; Intermec SR60 reference, appendix B.
  psc: tones(FORCED_TONE, SILENT),
  // SYN BEL CR: one beep. Honeywell's list of serial commands.
  honeywell: tones(`\x16${BELL}\r`, SILENT),
  // Where "Host ACK" is on. The comma ends a command. `ESC 7`: on file, `ESC 8`: not on file, sent twice as the manual has it.
  // Xenon/Granit user guide, "Host Command Acknowledgment".
  honeywell_host_ack: tones(`${ESCAPE}7,`, `${ESCAPE}8,${ESCAPE}8,`),
  // The same commands in the older scanners: Honeywell 2020 and Hand Held Products IT2020, "Host Escape Commands".
  hhp: tones(`${ESCAPE}7,`, `${ESCAPE}8,`),
  // `#@////` CR: respond with a beep. CipherLab 1663 and 1664 reference, appendix II.
  cipherlab: tones('#@////\r', SILENT),
  // A scanner on RS-232 or USB-CDC with the option "Beep on <BEL>". Symbol DS9808 and DS9208 reference, chapter 2, "Beeper
  // Definitions". Everything else needs Zebra's own packets (SSI).
  zebra: tones(BELL, SILENT),
  // What most other makers understand, if anything.
  generic: tones(BELL, SILENT),
  none: tones(SILENT, SILENT),
}

function tones(good: string, bad: string): Acknowledgements {
  return { good: Buffer.from(good, 'latin1'), bad: Buffer.from(bad, 'latin1') }
}
