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
  /** How often a request that failed is asked again. */
  readonly retries: number
  /** The most registers, and the most bits of a bit area, that one request asks for. */
  readonly maxRegisters: number
  readonly maxBits: number
  /** The most registers between two signals that are read along to save a request; of a bit area 16 times as many bits. */
  readonly gap: number
  /** How long its line must have been quiet before the unit is asked. */
  readonly pauseMs: number
  /** How long after its line was opened the unit is asked for the first time. */
  readonly connectDelayMs: number
}

/** Limits of the protocol: the answer to one request carries at most 250 bytes. */
const REGISTERS_MAX = 125
const BITS_MAX = 2_000
const RETRIES_MAX = 10

/** A duration as text with its unit, from and to these texts. */
function duration(from: string, to: string) {
  const [minMs, maxMs] = [parseDuration(from) ?? 0, parseDuration(to) ?? 0]
  return z
    .string({ error: 'a duration with its unit, such as 500ms or 2s' })
    .regex(/^\d+(\.\d+)? ?(ms|s|m)$/, 'a duration with its unit, such as 500ms or 2s')
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .refine((ms) => ms >= minMs && ms <= maxMs, `a duration from ${from} to ${to}`)
}

/** For the schema of each transport, behind its own keys. */
export const UNIT_KEYS = {
  unit: z.int().min(0).max(255).default(1).describe('Unit id; TCP devices usually take 1 or 255.'),
  addressing: z.enum(ADDRESSINGS).default('modicon').describe('How the manual counts its registers.'),
  word_order: z.enum(WORD_ORDERS).default('ABCD').describe('Order of the bytes of values over 16 bits.'),
  timeout: duration('20ms', '60s').prefault('1s').describe('The longest the device may take for one answer.'),
  retries: z
    .int()
    .min(0)
    .max(RETRIES_MAX)
    .default(3)
    .describe('How often a request that failed is asked again before its values count as bad.'),
  max_registers: z
    .int()
    .min(1)
    .max(REGISTERS_MAX)
    .default(REGISTERS_MAX)
    .describe('The most registers that the device takes in one request.'),
  max_bits: z
    .int()
    .min(1)
    .max(BITS_MAX)
    .default(BITS_MAX)
    .describe('The most coils or discrete inputs that the device takes in one request.'),
  gap: z
    .int()
    .min(0)
    .max(REGISTERS_MAX)
    .default(0)
    .describe(
      'Up to so many registers between two signals are read along, to save requests. 0: nothing is read that no signal names.',
    ),
  pause: duration('0ms', '10s')
    .prefault('0ms')
    .describe('Quiet time before each request, for devices that are deaf for a while after an answer.'),
  connect_delay: duration('0ms', '60s')
    .prefault('0ms')
    .describe('Quiet time after connecting, for devices that are deaf at first.'),
}

type UnitKeys = z.output<z.ZodObject<typeof UNIT_KEYS>>

/** From the words of the file to those of {@link ModbusSettings}; a transport's own keys stay as they are. */
export function withUnitSettings<Keys extends UnitKeys>(keys: Keys) {
  const {
    word_order: wordOrder,
    timeout: timeoutMs,
    max_registers: maxRegisters,
    max_bits: maxBits,
    pause: pauseMs,
    connect_delay: connectDelayMs,
    ...others
  } = keys
  return { ...others, wordOrder, timeoutMs, maxRegisters, maxBits, pauseMs, connectDelayMs }
}
