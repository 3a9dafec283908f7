/** The keys below `port:` that set up a serial line. */
import { z } from 'zod'
import { BAUD_RATES, type BitSettings } from '../../ports/serial-port.ts'

const PARITIES = ['none', 'even', 'odd'] as const

/** How the bits of a scanner's line are sent. */
export type LineSettings = BitSettings

export const LINE_KEYS = {
  baud: z
    .literal(BAUD_RATES)
    // What most scanners with an RS-232 cable are set to when they are new.
    .default(9_600)
    .describe('Speed of the line; what the scanner is set to. USB takes any.'),
  parity: z.enum(PARITIES).default('none').describe('What the scanner is set to.'),
  data_bits: z.literal([7, 8]).default(8).describe('What the scanner is set to.'),
  stop_bits: z.literal([1, 2]).default(1).describe('What the scanner is set to.'),
  mode: z
    .enum(['cdc', 'rs232'])
    .optional()
    .describe('How the scanner is connected, for whoever reads the map. It changes nothing.'),
}

type LineKeys = z.output<z.ZodObject<typeof LINE_KEYS>>

/** From the words of the file to those of {@link LineSettings}. */
export function lineSettings({ baud, parity, data_bits, stop_bits }: LineKeys): LineSettings {
  return { baud, parity, dataBits: data_bits, stopBits: stop_bits }
}
