/** Stops become downtimes: one for each stretch of `down` or `setup` that lasts as long as a micro stop or longer, and no other. */
import { type DowntimeRow, downtimesOf } from '../support/play-rows.ts'
import { PRODUCTION_MS } from './declared.ts'
import type { Lived } from './live.ts'
import type { Row } from './rows.ts'
import type { Sighting } from './sightings.ts'
import { type Claim, claimed } from './stretches.ts'

const MICRO_STOP_MS = 120_000
/** Stamps and lengths are rounded to milliseconds. */
const SAME_MS = 2
const STOPS: readonly string[] = ['down', 'setup']

export function downtimes(
  lived: Lived,
  rows: readonly Row[],
  sightings: readonly Sighting[],
): readonly string[] {
  const found = downtimesOf(lived.events)
  return [...amongEachOther(found), ...besideRows(lived, found, rows, sightings)]
}

function amongEachOther(downs: readonly DowntimeRow[]): readonly string[] {
  return downs.flatMap((row, index) => {
    const next = downs[index + 1]
    const found: string[] = []
    if (next && !row.ended) found.push(`${name(row)} is open, and another follows`)
    if (next && row.ended && Date.parse(row.ended.at) > Date.parse(next.at))
      found.push(`${name(row)} ends in the next one`)
    if (row.ended && row.ended.durationMs < MICRO_STOP_MS) found.push(`${name(row)} is a micro stop`)
    return found
  })
}

/** Each begins with a row, and each long stop has one. What a stop has lasted is known with the next contact. */
function besideRows(
  { day, end, told }: Lived,
  downs: readonly DowntimeRow[],
  rows: readonly Row[],
  sightings: readonly Sighting[],
): readonly string[] {
  const stamps = new Set(rows.filter(({ row }) => STOPS.includes(row.status)).map(({ row }) => row.at))
  const alone = downs.filter(({ at }) => !stamps.has(at)).map((row) => `${name(row)} begins with no row`)
  const isDeclared = told.some((one) => one.kind === 'scan' && one.scan.kind === 'declare')
  // A run that may turn out to be production may have ended the declared stop.
  const trialMs = isDeclared ? PRODUCTION_MS : 0
  const lagMs = (day.setting.pollS + day.setting.lateS) * 1_000 + 1_000 + trialMs
  const missed = (day.setting.staffed ? stretchesOf(rows) : claimed(rows)).filter((claim) => {
    const { status, from, to } = claim
    const seenTo = sightings.findLast((seen) => seen.status === status && seen.at <= to)?.at ?? from
    const lastedMs = to < end ? to - from - SAME_MS : seenTo - from - lagMs
    return STOPS.includes(status) && lastedMs >= MICRO_STOP_MS && !hasDowntime(claim, downs, rows)
  })
  return [...alone, ...missed.map(({ status, from }) => `${status} from +${from / 1_000} has no downtime`)]
}

/** A stop that somebody has split in two is two, and so is one that was released while nothing was seen. */
function stretchesOf(rows: readonly Row[]): readonly Claim[] {
  const begins = ({ row }: Row, index: number) => {
    const before = rows[index - 1]?.row
    if (!before || row.marks.includes('cont')) return false
    return before.status === row.status || before.reason === 'NO_DATA'
  }
  const cuts = [0, ...rows.flatMap((row, index) => (begins(row, index) ? [index] : [])), rows.length]
  return cuts.slice(1).flatMap((cut, index) => claimed(rows.slice(cuts[index], cut)))
}

function hasDowntime({ from, to }: Claim, downs: readonly DowntimeRow[], rows: readonly Row[]): boolean {
  const begun = rows.filter((row) => row.from >= from - SAME_MS && row.from < to)
  return downs.some(({ at }) => begun.some(({ row }) => row.at === at))
}

function name({ at, reason }: DowntimeRow): string {
  return `downtime ${reason} of ${at.slice(11, 23)}`
}
