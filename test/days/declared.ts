/**
 * What people declare is what is to be seen of the machine, from the scan until they release it, or until the run begins with which
 * it produces again. Written from the contract, and knows nothing of the derivation.
 */
import { afterMsOf, type Lived } from './live.ts'
import type { Sighting } from './sightings.ts'

/** A run of this length is production. */
export const PRODUCTION_MS = 120_000
/** A shorter pause does not end a run. */
const IGNORE_STOP_MS = 2_000

type Scanned = Extract<Lived['told'][number], { kind: 'scan' }>

/** The sightings with what was declared in place of what the rules said. */
export function asDeclared(lived: Lived, sightings: readonly Sighting[]): readonly Sighting[] {
  const scans = lived.told.filter((one): one is Scanned => one.kind === 'scan')
  return scans.reduce<readonly Sighting[]>((seen, { at, scan }) => {
    if (scan.kind !== 'declare') return seen
    const over = scans.find(
      (later) => later.at > at && (later.scan.kind === 'declare' || later.scan.kind === 'release'),
    )
    const until = over?.at ?? Number.POSITIVE_INFINITY
    const to = Math.min(until, productionOf(lived, sightings, { since: at, until }))
    const declared: Sighting = { at, status: scan.status, proof: 'sure', order: undefined }
    const other = seen.map((one) =>
      one.at > at && one.at < to && one.status !== null ? { ...one, status: scan.status } : one,
    )
    const place = other.findIndex((one) => one.at > at)
    return place < 0 ? [...other, declared] : other.toSpliced(place, 0, declared)
  }, sightings)
}

/** When the run begins that ends what was declared at a moment, and that is long enough before something else is said. */
function productionOf(
  { day, told }: Lived,
  sightings: readonly Sighting[],
  { since, until }: { readonly since: number; readonly until: number },
): number {
  const pauseMs = day.setting.debounced ? IGNORE_STOP_MS : 0
  const boots = told.flatMap((one) => (one.kind === 'away' && one.isReboot ? [one.at] : []))
  let run: { from: number; to: number } | undefined
  for (const { at, status, proof } of sightings) {
    if (at < since || at >= until || status !== 'running' || proof === 'stale') continue
    const isOne = run && isUnbroken(run.to, at)
    run = run && isOne ? { ...run, to: at } : { from: at, to: at }
    if (run.to - run.from >= PRODUCTION_MS) return run.from
  }
  return Number.POSITIVE_INFINITY

  function isUnbroken(from: number, to: number): boolean {
    const others = sightings.filter(
      (one) => one.at > from && one.at < to && one.status !== null && one.status !== 'running',
    )
    const isPaused = others[0] !== undefined && to - others[0].at >= pauseMs
    return (
      !isPaused && to - from <= afterMsOf(day.setting) && !boots.some((boot) => boot >= from && boot <= to)
    )
  }
}
