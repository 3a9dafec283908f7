/** Which faults a signal shows, and what a code table says of each. */
import type { Instant } from '../../domain/instant.ts'
import type { FaultSignal, ReasonLine } from '../../domain/machine-map.ts'
import type { SignalValue } from '../../domain/signal.ts'
import { setBitsOf } from '../seeing/code-ages.ts'
import type { CodeAge } from '../state.ts'
import type { Held } from '../view.ts'

/** A fault that a signal shows. */
export interface ShownFault {
  /** As notes name it: `101`, `A101`, `bit 3`. */
  readonly shown: string
  readonly since: Instant
  readonly line: ReasonLine | undefined
}

/** What the signal shows now, the oldest first; of those that came together, in the order of the table. */
export function faultsShown(
  fault: FaultSignal,
  held: Held | undefined,
  age: CodeAge | undefined,
): readonly ShownFault[] {
  if (held?.quality !== 'good') return []
  if (fault.isBitField) return bitsShown(fault, held, age)
  const line = lookUp(fault.reasons, held.value)
  const isFault = line?.code !== null && isCode(held.value)
  return isFault ? [{ shown: shownText(held.value), since: age?.since ?? held.since, line }] : []
}

function bitsShown({ reasons }: FaultSignal, held: Held, age: CodeAge | undefined): readonly ShownFault[] {
  const shown = setBitsOf(held.value).flatMap((bit) => {
    const line = lookUp(reasons, bit)
    // A bit of which the table says nothing is no fault: words are shared with other things.
    return line && line.code !== null
      ? [{ shown: `bit ${bit}`, since: age?.bits.find((one) => one.bit === bit)?.since ?? held.since, line }]
      : []
  })
  return shown.sort(
    (a, b) => a.since.monoMs - b.since.monoMs || reasons.indexOf(a.line) - reasons.indexOf(b.line),
  )
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
