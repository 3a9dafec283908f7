/**
 * What people declare is what is to be seen of the machine, from the scan until they release it, or until the run begins with which
 * it produces again. Written from the contract, and knows nothing of the derivation.
 */
import { isDeepStrictEqual } from 'node:util'
import { afterMsOf, type Lived } from './live.ts'
import type { Sighting } from './sightings.ts'

/** A run of this length is production. */
export const PRODUCTION_MS = 120_000
/** So long a restart may take. */
const BRIDGE_MS = 300_000
/** A shorter pause does not end a run. */
const IGNORE_STOP_MS = 2_000

type Scanned = Extract<Lived['told'][number], { kind: 'scan' }>

/**
 * The sightings with what was declared in place of what the rules said.
 * @returns nothing where only the last moments before a change, of which one device has told, make a run long enough
 */
export function asDeclared(lived: Lived, sightings: readonly Sighting[]): readonly Sighting[] | undefined {
  const least = declaredOver(lived, sightings, false)
  return isDeepStrictEqual(least, declaredOver(lived, sightings, true)) ? least : undefined
}

/** @param isToChange whether what was shown counts until something else was seen */
function declaredOver(
  lived: Lived,
  sightings: readonly Sighting[],
  isToChange: boolean,
): readonly Sighting[] {
  const scans = lived.told.filter((one): one is Scanned => one.kind === 'scan')
  return scans.reduce<readonly Sighting[]>((seen, { at, scan }) => {
    // What was shown before the release still stands.
    const before = sightings.findLast((one) => one.at <= at)
    if (scan.kind === 'release' && before) return withOne(seen, { ...before, at })
    if (scan.kind !== 'declare') return seen
    const over = scans.find(
      (later) => later.at > at && (later.scan.kind === 'declare' || later.scan.kind === 'release'),
    )
    const until = over?.at ?? Number.POSITIVE_INFINITY
    const to = Math.min(until, productionOf(lived, sightings, { since: at, until, isToChange }))
    const other = seen.map((one) =>
      one.at > at && one.at < to && one.status !== null ? { ...one, status: scan.status } : one,
    )
    return withOne(other, { at, status: scan.status, proof: 'sure', order: undefined })
  }, sightings)
}

function withOne(sightings: readonly Sighting[], sighting: Sighting): readonly Sighting[] {
  const place = sightings.findIndex(({ at }) => at > sighting.at)
  return place < 0 ? [...sightings, sighting] : sightings.toSpliced(place, 0, sighting)
}

/** When the run begins that ends what was declared at a moment, and that is long enough before something else is said. */
function productionOf(
  lived: Lived,
  sightings: readonly Sighting[],
  {
    since,
    until,
    isToChange,
  }: { readonly since: number; readonly until: number; readonly isToChange: boolean },
): number {
  const seen = sightings.filter(
    ({ at, status, proof }) => at >= since && at < until && status !== null && proof === 'sure',
  )
  let run: { readonly from: number; readonly to: number } | undefined
  for (const [index, { at, status }] of seen.entries()) {
    const isEnd = isToChange && status !== 'running' && seen[index - 1]?.status === 'running'
    if (status !== 'running' && !isEnd) continue
    run =
      run && isUnbroken(lived, seen, run.to, at)
        ? { ...run, to: at }
        : isEnd
          ? undefined
          : { from: at, to: at }
    if (run && run.to - run.from >= PRODUCTION_MS) return run.from
  }
  return Number.POSITIVE_INFINITY
}

/** Whether a run goes on from one sighting of it to the next: over a short pause, a loss that is none, or a restart. */
function isUnbroken({ day, told }: Lived, seen: readonly Sighting[], from: number, to: number): boolean {
  const pause = seen.find(({ at, status }) => at >= from && at < to && status !== 'running')
  if (pause && to - pause.at >= (day.setting.debounced ? IGNORE_STOP_MS : 0)) return false
  const away = told.find((one) => one.kind === 'away' && one.at >= from && one.at < to)
  if (away?.kind !== 'away') return to - from <= afterMsOf(day.setting)
  const isSilent = to - away.startedAt > afterMsOf(day.setting)
  return !away.isReboot && !isSilent && to - from <= Math.max(BRIDGE_MS, afterMsOf(day.setting))
}
