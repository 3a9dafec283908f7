/** Finds values that share registers with others, which is mostly a mistake in an address or a type. */
import type { SignalSpec } from '../../domain/signal.ts'
import { isBitArea, type ModbusAddress, sizeOf } from './address.ts'

type Signal = SignalSpec<ModbusAddress>

/**
 * Pairs of signals, the one with the lower address first. Single bits may share a register with anything, and the same value
 * may be read in two ways.
 */
export function overlapsOf(signals: readonly Signal[]): readonly (readonly [string, string])[] {
  const words = signals.filter(({ type, address }) => type !== 'bit' && !isBitArea(address.area))
  const sorted = words.toSorted(
    ({ address: a }, { address: b }) => a.area.localeCompare(b.area) || a.wire - b.wire,
  )
  return sorted.flatMap((signal, index) => {
    const before = sorted.slice(0, index).findLast((other) => isPartly(other, signal))
    return before ? [[before.name, signal.name] as const] : []
  })
}

function isPartly(first: Signal, second: Signal): boolean {
  if (first.address.area !== second.address.area) return false
  const isShared = second.address.wire < first.address.wire + registersOf(first)
  const isSame = first.address.wire === second.address.wire && registersOf(first) === registersOf(second)
  return isShared && !isSame
}

function registersOf({ address, type }: Signal): number {
  return sizeOf(address, type ?? 'u16')
}
