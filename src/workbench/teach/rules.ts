/** Ordered rules of a map out of the features that tell the phases apart: what must not be overlooked comes first. */
import type { DerivedStatus } from '../../domain/status.ts'
import { separates } from './feature.ts'
import { meaningKey, type PhaseMeaning, type TaughtPhase } from './recording.ts'
import { type SignalUse, secondsText } from './signal-use.ts'

/** A rule as a map has it. */
export interface ProposedRule extends PhaseMeaning {
  /** Undefined for the last one, `else: true`. */
  readonly when: Readonly<Record<string, unknown>> | undefined
  readonly for: string | undefined
  readonly about: string | undefined
  /** The phases that it is about, by their places. */
  readonly phases: readonly number[]
}

/** A stop of which people have to know goes before everything else; a machine that merely waits is what is left. */
const RANKS: Readonly<Record<DerivedStatus, number>> = {
  down: 0,
  maintenance: 1,
  setup: 2,
  available: 3,
  idle: 4,
  running: 5,
}
const LEFT_OVER = 6
const DOWN_FOR_MS = 1_000

interface Meaning extends PhaseMeaning {
  readonly phases: readonly number[]
}

/** Undefined where the uses do not tell all phases apart. */
export function rulesOf(
  uses: readonly SignalUse[],
  phases: readonly TaughtPhase[],
): readonly ProposedRule[] | undefined {
  const meanings = meaningsOf(phases).toSorted((a, b) => rankOf(a) - rankOf(b))
  const blipMs = Math.max(0, ...uses.map(({ feature }) => feature.blipMs))
  const lasting = blipMs === 0 ? undefined : secondsText(Math.ceil((2 * blipMs) / 500) * 500)
  const rules: ProposedRule[] = []
  for (const [n, meaning] of meanings.entries()) {
    if (rankOf(meaning) === LEFT_OVER) break
    const rest = meanings.slice(n + 1).flatMap((one) => one.phases)
    const isWhole = conditionFor(meaning.phases, rest, uses) !== undefined
    for (const some of isWhole ? [meaning.phases] : groupsOf(meaning.phases, uses)) {
      const when = conditionFor(some, rest, uses)
      if (!when) return undefined
      const down = meaning.is === 'down' ? secondsText(DOWN_FOR_MS) : undefined
      rules.push({ ...meant(meaning), when, for: lasting ?? down, about: labels(some, phases), phases: some })
    }
  }
  const left = meanings.find((one) => rankOf(one) === LEFT_OVER)
  const about = left ? labels(left.phases, phases) : 'anything else, which was not shown'
  return [...rules, { is: 'idle', when: undefined, for: lasting, about, phases: left?.phases ?? [] }]
}

function meaningsOf(phases: readonly TaughtPhase[]): readonly Meaning[] {
  const byKey = Map.groupBy(phases.keys(), (n) => meaningKey(phases[n] as TaughtPhase))
  return [...byKey.values()].map((some) => ({ ...meant(phases[some[0] ?? 0] as TaughtPhase), phases: some }))
}

function meant({ is, reason, category }: PhaseMeaning): PhaseMeaning {
  return { is, ...(reason !== undefined && { reason }), ...(category !== undefined && { category }) }
}

function rankOf({ is, reason }: PhaseMeaning): number {
  return is === 'idle' && reason === undefined ? LEFT_OVER : RANKS[is]
}

function labels(some: readonly number[], phases: readonly TaughtPhase[]): string {
  return [...new Set(some.flatMap((n) => phases[n]?.label ?? []))].join(', ')
}

/** Phases of one meaning that show the same. */
function groupsOf(some: readonly number[], uses: readonly SignalUse[]): readonly (readonly number[])[] {
  const key = (n: number) => JSON.stringify(uses.map(({ feature }) => feature.states[n]))
  return [...Map.groupBy(some, key).values()]
}

/** The fewest features that hold in these phases and in none of the rest. */
function conditionFor(
  some: readonly number[],
  rest: readonly number[],
  uses: readonly SignalUse[],
): Readonly<Record<string, unknown>> | undefined {
  const isLeft = (using: readonly SignalUse[]) =>
    rest.every((other) => using.some(({ feature }) => some.every((one) => separates(feature, one, other))))
  const sets = subsetsOf(uses.filter(({ feature }) => some.every((n) => isUsable(feature.states[n]))))
  const found = sets.find((set) => set.length > 0 && isLeft(set))
  if (!found) return undefined
  const asked = found.map(({ name, feature, asked }) => {
    const states = [...new Set(some.flatMap((n) => feature.states[n] ?? []))]
    return [name, asked(states)]
  })
  return Object.fromEntries(asked)
}

/** What may be anything there says nothing. */
function isUsable(states: readonly string[] | undefined): boolean {
  return (
    states !== undefined && states.length > 0 && !(states.includes('no_pulse') && states.includes('pulsing'))
  )
}

/** More signals at once decide nothing more than these do. */
const TOGETHER_MAX = 8

/** The smallest first. */
function subsetsOf(uses: readonly SignalUse[]): readonly (readonly SignalUse[])[] {
  const some = uses.slice(0, TOGETHER_MAX)
  const all = Array.from({ length: 2 ** some.length }, (_, bits) => some.filter((_use, n) => (bits >> n) & 1))
  return all.toSorted((a, b) => a.length - b.length || costOf(a) - costOf(b))
}

function costOf(set: readonly SignalUse[]): number {
  return set.reduce((sum, { feature }) => sum + feature.cost, 0)
}
