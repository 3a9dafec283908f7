/** The keys below `device:` that every Modbus unit has, whichever transport carries its requests. */
import { z } from 'zod'
import { WORD_ORDERS, type WordOrder } from '../../domain/signal.ts'
import { parseDuration } from '../../runtime/units.ts'

/** How the manual counts: `modicon` 40001, `one_based` 1, `zero_based` 0 and `hex` 0x0000 are the same register. */
const ADDRESSINGS = ['modicon', 'one_based', 'zero_based', 'hex'] as const

/** How a device's manual counts. */
export type Addressing = (typeof ADDRESSINGS)[number]

/** What a transport adds to these says where its line is. */
export interface ModbusSettings {
  readonly unit: number
  readonly addressing: Addressing
  readonly wordOrder: WordOrder
  /** The longest the device may take for one answer. */
  readonly timeoutMs: number
}

const TIMEOUT_MIN_MS = 20
const TIMEOUT_MAX_MS = 60_000

const timeout = z
  .string({ error: 'a duration with its unit, such as 500ms or 2s' })
  .regex(/^\d+(\.\d+)? ?(ms|s|m)$/, 'a duration with its unit, such as 500ms or 2s')
  .transform((text) => parseDuration(text) ?? Number.NaN)
  .refine((ms) => ms >= TIMEOUT_MIN_MS && ms <= TIMEOUT_MAX_MS, 'a duration from 20ms to 60s')

/** For the schema of each transport, behind its own keys. */
export const UNIT_KEYS = {
  unit: z.int().min(0).max(255).default(1).describe('Unit id; TCP devices usually take 1 or 255.'),
  addressing: z.enum(ADDRESSINGS).default('modicon').describe('How the manual counts its registers.'),
  word_order: z.enum(WORD_ORDERS).default('ABCD').describe('Order of the bytes of values over 16 bits.'),
  timeout: timeout.prefault('1s'),
}

/** From the words of the file to those of {@link ModbusSettings}; a transport's own keys stay as they are. */
export function withUnitSettings<Keys extends { readonly word_order: WordOrder; readonly timeout: number }>({
  word_order: wordOrder,
  timeout: timeoutMs,
  ...others
}: Keys) {
  return { ...others, wordOrder, timeoutMs }
}
