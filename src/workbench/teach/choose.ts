/** Chooses the fewest and most robust features that together tell all phases of different meaning apart. */
import { type Feature, separates } from './feature.ts'
import { meaningKey, type TaughtPhase } from './recording.ts'

/** Two phases, by their places in the recording. */
type Pair = readonly [one: number, other: number]

interface Choice {
  readonly chosen: readonly Feature[]
  /** Phases of different meaning that no signal tells apart. */
  readonly alike: readonly Pair[]
}

/** More kinds of features than this are not tried in all combinations. */
const TRIED_MAX = 48
const TOGETHER_MAX = 3

export function choose(features: readonly Feature[], phases: readonly TaughtPhase[]): Choice {
  const pairs = differentPairs(phases)
  const covers = (feature: Feature) => pairs.map(([one, other]) => separates(feature, one, other))
  const best = new Map<string, { readonly feature: Feature; readonly covered: readonly boolean[] }>()
  for (const feature of features.toSorted((a, b) => a.cost - b.cost)) {
    const covered = covers(feature)
    const key = covered.map(Number).join('')
    if (covered.includes(true) && !best.has(key)) best.set(key, { feature, covered })
  }
  const tried = [...best.values()].toSorted((a, b) => worthOf(b) - worthOf(a)).slice(0, TRIED_MAX)
  const possible = pairs.map((_, n) => tried.some(({ covered }) => covered[n]))
  const alike = pairs.filter((_, n) => !possible[n])
  return { chosen: cheapest(tried, possible) ?? greedy(tried, possible), alike }
}

interface Tried {
  readonly feature: Feature
  readonly covered: readonly boolean[]
}

/** Phases that mean different things. */
function differentPairs(phases: readonly TaughtPhase[]): readonly Pair[] {
  return phases.flatMap((one, n) =>
    phases.flatMap((other, m) => (m > n && meaningKey(one) !== meaningKey(other) ? [[n, m] as const] : [])),
  )
}

function worthOf({ feature, covered }: Tried): number {
  return covered.filter(Boolean).length / feature.cost
}

function cheapest(tried: readonly Tried[], possible: readonly boolean[]): readonly Feature[] | undefined {
  let best: { readonly set: readonly Tried[]; readonly cost: number } | undefined
  const extend = (set: readonly Tried[], from: number, cost: number): void => {
    if (best && cost >= best.cost) return
    if (isEnough(set, possible)) {
      best = { set, cost }
      return
    }
    if (set.length === TOGETHER_MAX) return
    for (let n = from; n < tried.length; n++) {
      const next = tried[n]
      if (next && fits(next, set)) extend([...set, next], n + 1, cost + next.feature.cost)
    }
  }
  extend([], 0, 0)
  return best?.set.map(({ feature }) => feature)
}

function isEnough(set: readonly Tried[], possible: readonly boolean[]): boolean {
  return possible.every((isPossible, n) => !isPossible || set.some(({ covered }) => covered[n]))
}

/** A map follows one signal with pulses only. */
function fits({ feature }: Tried, set: readonly Tried[]): boolean {
  return feature.tell.kind !== 'pulses' || !set.some((one) => one.feature.tell.kind === 'pulses')
}

function greedy(tried: readonly Tried[], possible: readonly boolean[]): readonly Feature[] {
  const set: Tried[] = []
  let left = possible.map((isPossible, n) => (isPossible ? n : -1)).filter((n) => n >= 0)
  while (left.length > 0) {
    const gain = ({ feature, covered }: Tried) => left.filter((n) => covered[n]).length / feature.cost
    const [next] = tried.filter((one) => fits(one, set)).toSorted((a, b) => gain(b) - gain(a))
    if (!next || gain(next) === 0) break
    set.push(next)
    left = left.filter((n) => !next.covered[n])
  }
  return set.map(({ feature }) => feature)
}
