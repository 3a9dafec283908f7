/** Faults that a PLC shows as single bits of a word: which are set, and since when each of them has been. */
import type { MachineMap } from '../../domain/machine-map.ts'
import type { SignalValue } from '../../domain/signal.ts'
import type { Held } from '../view.ts'

/** Bits of the widest word. */
const BITS_MAX = 64

/** The numbers of the bits that are set. What is no whole number has none. */
export function bitsOf(value: SignalValue): readonly number[] {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  if (!isWhole) return []
  const word = BigInt.asUintN(BITS_MAX, BigInt(value))
  return Array.from({ length: BITS_MAX }, (_, bit) => bit).filter((bit) => (word >> BigInt(bit)) & 1n)
}

/** The held value with the age of its bits, where they are faults: a bit that was set before keeps its age. */
export function withBits(map: MachineMap, signal: string, held: Held, before: Held | undefined): Held {
  const isBitField = map.faults.some((fault) => fault.isBitField && fault.signal === signal)
  if (!isBitField || held.quality !== 'good') return held
  const ages = bitsOf(held.value).map((bit) => [bit, before?.bitsSince?.[bit] ?? held.since] as const)
  return { ...held, bitsSince: Object.fromEntries(ages) }
}
