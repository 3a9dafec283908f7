/** The keys below `port:` that set up a serial line. */
import { z } from 'zod'

const PARITIES = ['none', 'even', 'odd'] as const
const BAUD_RATES = [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400] as const

/** How bits are sent. A USB device has no such line inside it, and takes whatever is set. */
export interface LineSettings {
  readonly baud: number
  readonly parity: (typeof PARITIES)[number]
  readonly dataBits: 7 | 8
  readonly stopBits: 1 | 2
}

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
