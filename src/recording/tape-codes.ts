/**
 * How what moves a machine is written: a flat list of numbers, texts and plain objects, entry behind entry, each begun by its code
 * (`tape-bytes.ts` makes bytes of them).
 * A poll in which nothing changed is four small numbers. Moments are written as the difference to the entry before them, in whole
 * microseconds by the monotonic clock, and by how many ms the wall clock then differed from where it should have been.
 */
import type { Input } from '../status/derive.ts'

/** `[code, device, at]`: a reading without samples that is complete up to its own moment. */
export const CONTACT = 0
/** `[code, device, at, completeTo, count, sample…]`; each sample is `[signal, flags, value, …]` with what its flags say. */
export const READING = 1
/** `[code, input]`: whatever does not fit the other forms. */
export const OBJECT = 2
/** `[code, kind, at]`: the last input of this kind came again, at another moment. */
export const AGAIN = 3
/** `[code]`: the machine's map was taken away. */
export const RETIRED = 4
/** `[code]`: the segment is whole; the machine's next one begins at this very moment. */
export const OVER = 5
/** `[code, monoMs, wallMs]`: the segment is whole; the gateway was stopped in good order at this moment. */
export const STOPPED = 6

/** Flags of a sample. */
export const UNCERTAIN = 1
export const BAD = 2
export const HAS_RAW = 4
export const HAS_DETAIL = 8
export const HAS_WORD = 16
export const MEANS_THE_SAME = 32
/** It has a moment of its own, written as the difference to that of the reading. */
export const HAS_MOMENT = 64

/** Kinds of inputs that say the same thing every second. */
export const REPEATED = ['service', 'mes-status'] as const
export type RepeatedInput = Extract<Input, { readonly kind: (typeof REPEATED)[number] }>
