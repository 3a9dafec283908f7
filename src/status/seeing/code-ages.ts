/**
 * Since when each fault signal has shown what it shows: by the age of a code, one of this stop is told apart from one that an earlier
 * stop left behind. It is saved with the state, so that neither a link nor a poll that fails nor a start makes an old code look new.
 */
import type { Reading, SignalValue } from '../../domain/signal.ts'
import { change, type Draft } from '../draft.ts'

/** Bits of the widest word. */
export const BITS_MAX = 64

/** Takes in what fault signals show. A value that is not good says nothing of the code behind it. */
export function ageCodes(draft: Draft, { at, samples }: Pick<Reading, 'at' | 'samples'>): void {
  for (const { signal, value, quality } of samples) {
    if (quality !== 'good' || !draft.map.faults.some((fault) => fault.signal === signal)) continue
    const { codes } = draft.state
    const before = codes.find((code) => code.signal === signal)
    const shown = String(value)
    if (before?.shown === shown) continue
    // A bit that was set before keeps its age.
    const bits = setBitsOf(value).map(
      (bit) => before?.bits.find((one) => one.bit === bit) ?? { bit, since: at },
    )
    const others = codes.filter((code) => code !== before)
    change(draft, { codes: [...others, { signal, shown, since: at, bits }] })
  }
}

/** The numbers of the bits that are set. What is no whole number has none. */
export function setBitsOf(value: SignalValue): readonly number[] {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  if (!isWhole) return []
  const word = BigInt.asUintN(BITS_MAX, BigInt(value))
  return Array.from({ length: BITS_MAX }, (_, bit) => bit).filter((bit) => (word >> BigInt(bit)) & 1n)
}
