/** What a technician reads off a machine's display: a number with its decimals, or a text. */
import { WorkbenchFault } from './asked-device.ts'

/** The value that is looked for. */
export type Displayed =
  | {
      readonly kind: 'number'
      readonly value: number
      /** Decimals that the display shows: a register may hold more. */
      readonly decimals: number
    }
  | { readonly kind: 'text'; readonly text: string }

/** @throws WorkbenchFault for an empty text */
export function readDisplayed(written: string): Displayed {
  const text = written.trim()
  if (text === '') throw new WorkbenchFault('no value was given', 'write what the display shows, as in 230.5')
  // Some displays part decimals by a comma.
  const number = text.replace(',', '.')
  if (!/^[+-]?\d+(?:\.\d+)?$/.test(number)) return { kind: 'text', text }
  return { kind: 'number', value: Number(number), decimals: number.split('.')[1]?.length ?? 0 }
}

/** The manual's factors between what a register holds and what a display shows, the usual ones first. */
export const SCALES = [1, 0.1, 0.01, 0.001, 10, 100, 1_000] as const

/** How well a number is what the display shows. */
type Closeness = 'exact' | 'rounded'

/** A display rounds or cuts off; undefined where the numbers are different ones. */
export function matchOf(
  number: number,
  { value, decimals }: Extract<Displayed, { kind: 'number' }>,
): Closeness | undefined {
  const off = Math.abs(number - value)
  const last = 10 ** -decimals
  if (off <= last * 1e-6 + Math.abs(value) * 1e-7) return 'exact'
  return off < last ? 'rounded' : undefined
}
