/** The laws that hold for the rows of every day, whatever happened on it. */
import { claims } from './claims.ts'
import { asDeclared } from './declared.ts'
import { endings } from './endings.ts'
import type { Lived } from './live.ts'
import { omissions } from './omissions.ts'
import { orders } from './orders.ts'
import { reasons } from './reasons.ts'
import { type Row, rowsOf } from './rows.ts'
import { scannedOrders } from './scanned-orders.ts'
import { type Sighting, sightingsOf } from './sightings.ts'
import { downtimes } from './stops.ts'

const HALF_A_MINUTE = 0.51

/** What is wrong with the rows of the day, in words; nothing where all is right. */
export function breaches(lived: Lived): readonly string[] {
  const told = sightingsOf(lived)
  const sightings = asDeclared(lived, told)
  const rows = rowsOf(lived, sightings ?? told)
  return [
    ...tiling(lived, rows),
    ...stamps(rows),
    ...minutes(rows),
    ...midnights(lived, rows),
    ...reasons(lived),
    ...endings(lived.events),
    ...(lived.day.setting.staffed ? scannedOrders(lived, rows) : []),
    ...(sightings ? besideSightings(lived, rows, sightings) : []),
  ]
}

function besideSightings(
  lived: Lived,
  rows: readonly Row[],
  sightings: readonly Sighting[],
): readonly string[] {
  const certain = sightings.filter(({ proof }) => proof === 'sure')
  return [
    ...downtimes(lived, rows, certain),
    ...(lived.day.setting.staffed ? [] : orders(lived, rows, certain)),
    ...claims(lived, rows, sightings),
    ...omissions(lived, rows, sightings),
  ]
}

/** Each row ends where the next one begins, and names it as the one before. Only markers have no length. */
function tiling({ clock }: Lived, rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ row, from, to }, index) => {
    const next = rows[index + 1]
    if (!next) return row.ended ? [`${name(row)} has ended, and nothing follows`] : []
    const found: string[] = []
    if (next.row.previousStatus !== row.status) found.push(`${name(next.row)} is not behind ${name(row)}`)
    if (row.reason === 'NO_DATA')
      return row.ended ? [...found, `${name(row)} is a marker with a length`] : found
    if (!row.ended) return [...found, `${name(row)} has no length`]
    const steps = clock.filter((one) => one.from >= from - 1 && one.from <= to + 1).length
    const wrongMs = Math.abs(to - from - row.ended.durationMs)
    if (steps === 0 && wrongMs > 1.5) found.push(`${name(row)} is ${wrongMs} ms from the next one`)
    return found
  })
}

/** Stamps only grow. */
function stamps(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ row }, index) => {
    const next = rows[index + 1]?.row
    return next && Date.parse(next.at) <= Date.parse(row.at) ? [`${name(next)} is not later`] : []
  })
}

/** Whole minutes stay within half a minute of what was lived, by status. */
function minutes(rows: readonly Row[]): readonly string[] {
  const offBy = new Map<string, number>()
  return rows.flatMap(({ row }) => {
    if (!row.ended) return []
    const off = (offBy.get(row.status) ?? 0) + row.ended.minutes - row.ended.durationMs / 60_000
    offBy.set(row.status, off)
    return Math.abs(off) > HALF_A_MINUTE ? [`minutes of ${row.status} are off by ${off.toFixed(2)}`] : []
  })
}

/** No row goes beyond a midnight, because central's view books it on the day on which it began. */
function midnights({ clock }: Lived, rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ row }) => {
    if (!row.ended || clock.length > 1) return []
    const start = Date.parse(row.at)
    const last = start + Math.max(0, row.ended.durationMs - 1)
    return dayOf(start) === dayOf(last) ? [] : [`${name(row)} goes beyond midnight`]
  })
}

function dayOf(ms: number): number {
  return Math.floor(ms / 86_400_000)
}

function name({ at, status, reason }: Row['row']): string {
  return `${status}${reason === null ? '' : ` ${reason}`} of ${at.slice(11, 23)}`
}
