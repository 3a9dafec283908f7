/** Which faults a signal shows, and what a code table says of each. */
import { type BitCount, bitNumber } from '../../domain/bit-order.ts'
import type { Instant } from '../../domain/instant.ts'
import type { FaultSignal, ReasonLine } from '../../domain/machine-map.ts'
import type { SignalValue } from '../../domain/signal.ts'
import { BITS_MAX, setBitsOf } from '../seeing/code-ages.ts'
import type { CodeAge, StopReason } from '../state.ts'
import type { Held } from '../view.ts'

/** A fault that a signal shows. */
export interface ShownFault {
  /** As notes name it: `101`, `A101`, `bit 3`, where several words have bits `alarms bit 3`. */
  readonly shown: string
  readonly since: Instant
  readonly line: ReasonLine | undefined
}

/**
 * What the signal shows now, the oldest first; of those that came together, the most important first, then in the order of the
 * table.
 * @param isOneOfSeveral other words have bits, too, so that a bit is named with its word
 */
export function faultsShown(
  fault: FaultSignal,
  held: Held | undefined,
  age: CodeAge | undefined,
  isOneOfSeveral: boolean,
): readonly ShownFault[] {
  if (held?.quality !== 'good') return []
  if (fault.isBitField) return bitsShown(fault, held, age, isOneOfSeveral ? `${fault.signal} ` : '')
  const line = lookUp(fault.reasons, held.value)
  const isFault = line?.code !== null && isCode(held.value)
  return isFault ? [{ shown: shownText(held.value), since: age?.since ?? held.since, line }] : []
}

const PLAIN_BITS: BitCount = { order: 'lsb0', width: BITS_MAX }

function bitsShown(
  { reasons, bits: count = PLAIN_BITS }: FaultSignal,
  held: Held,
  age: CodeAge | undefined,
  word: string,
): readonly ShownFault[] {
  const places = setBitsOf(held.value).filter((place) => place < count.width)
  const shown = places.flatMap((place) => {
    const number = bitNumber(place, count)
    const line = lookUp(reasons, number)
    // A bit of which the table says nothing is no fault: words are shared with other things.
    if (!line || line.code === null) return []
    const since = age?.bits.find(({ bit }) => bit === place)?.since ?? held.since
    return [{ shown: `${word}bit ${number}`, since, line }]
  })
  return shown.sort(
    (a, b) =>
      a.since.monoMs - b.since.monoMs ||
      placeOf(a.line) - placeOf(b.line) ||
      reasons.indexOf(a.line) - reasons.indexOf(b.line),
  )
}

/** Lines without a priority come after all that have one. */
const LAST_PLACE = Number.MAX_SAFE_INTEGER

/** Where a line stands among all by its importance: the lower, the more important. */
export function placeOf(line: ReasonLine | undefined): number {
  return line?.priority ?? LAST_PLACE
}

/** The same of a reason, by the line that it comes from. One that comes from no line that the map has now is the least important. */
export function placeOfReason(
  faults: readonly FaultSignal[],
  { code, shown }: Pick<StopReason, 'code' | 'shown'>,
): number {
  if (shown === null) return LAST_PLACE
  const lines = faults.flatMap((fault) => lineShownAs(fault, shown) ?? [])
  return Math.min(LAST_PLACE, ...lines.filter((line) => line.code === code).map(placeOf))
}

function lineShownAs({ signal, isBitField, reasons }: FaultSignal, shown: string): ReasonLine | undefined {
  if (!isBitField) return lookUp(reasons, shown)
  const [, word = signal, number] = /^(?:(.+) )?bit (\d+)$/.exec(shown) ?? []
  return number === undefined || word !== signal ? undefined : lookUp(reasons, Number(number))
}

/** A reason of this length and a few letters more fits into its column. */
const SHOWN_MAX = 80

/** A text from a wrong address may be anything; characters that no table stores are left out. */
function shownText(value: SignalValue): string {
  const text = String(value).replaceAll(/\p{Cc}/gu, '')
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text
}

/** Zero, an empty text and nothing at all mean: no fault. */
function isCode(value: SignalValue): boolean {
  return value !== null && value !== '' && value !== false && Number(value) !== 0
}

function lookUp(lines: readonly ReasonLine[], value: SignalValue): ReasonLine | undefined {
  const number = numberOf(value)
  return (
    lines.find(({ shows }) => shows !== undefined && shows === value) ??
    lines.find(
      ({ from, to = from }) => from !== undefined && to !== undefined && from <= number && number <= to,
    ) ??
    lines.find(({ from, shows }) => from === undefined && shows === undefined)
  )
}

/** A text is a number only where all of it is one: `101#7` and `3E5` are codes of their own. */
function numberOf(value: SignalValue): number | bigint {
  if (typeof value !== 'string') return typeof value === 'bigint' ? value : Number(value ?? Number.NaN)
  return /^(-?\d+|0x[\da-f]+)$/i.test(value) ? Number(value) : Number.NaN
}
