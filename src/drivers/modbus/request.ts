/** A request to read, what may come of it, and its words in messages. */
import { type Area, addressText } from './address.ts'

/** `count` registers, or bits of a bit area, from `start` on. */
export interface ReadRequest {
  readonly area: Area
  /** From 0, as it goes over the wire. */
  readonly start: number
  readonly count: number
}

/** The data that was asked for, or the number of the exception with which the device refuses. */
export type ModbusAnswer =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'exception'; readonly code: number }

/** An answer that cannot belong to its request; `what` says why, as in "sent 4 registers where 2 were asked for". */
export interface Misfit {
  readonly kind: 'misfit'
  readonly what: string
}

/** Something that came without having been asked for, in words, and what to do about it. */
export interface Stray {
  readonly what: string
  readonly hint: string
  /** Where it is an answer of the unit that is asked, to an earlier request: how long that took. */
  readonly lateMs?: number | undefined
}

const NOUNS: Readonly<Record<Area, string>> = {
  coil: 'coil',
  discrete: 'discrete input',
  input: 'input register',
  holding: 'holding register',
}

/** `11 holding registers from 40101 = wire 100 (0x0064), function 3`, with the address in every form that a manual may use. */
export function requestText({ area, start, count }: ReadRequest): string {
  const noun = count === 1 ? NOUNS[area] : `${NOUNS[area]}s`
  return `${count} ${noun} from ${addressText({ area, wire: start })}`
}
