/** What a station is promised of a reason is what becomes of it, and a stop has one reason, in all its rows. */
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import { downtimesOf, historyOf } from '../support/play-rows.ts'
import { type Lived, OPERATOR } from './live.ts'

const STOPS: readonly string[] = ['down', 'setup']
/** Half a minute of rounding for each reason, and what a stop that was named late brings along. */
const MINUTES_OFF_MAX = 2

export function reasons(lived: Lived): readonly string[] {
  return [...promises(lived), ...kept(lived.events), ...alike(lived.events), ...minutes(lived.events)]
}

function promises({ told, events }: Lived): readonly string[] {
  return told.flatMap((one) => {
    if (one.kind !== 'scan' || one.scan.kind !== 'reason') return []
    const { code, standing, made } = one
    const named = made.filter((event) => event.reason === code)
    if (standing.reasonFor === null)
      return events.some(({ reason }) => reason === code) ? [`${code} was refused, and is written`] : []
    // One that is only just seen may turn out to be none.
    const isOpen = standing.status !== null && STOPS.includes(standing.status)
    const isPromised = standing.reasonFor === 'last' || isOpen
    return isPromised && named.length === 0 ? [`${code} was promised, and is written nowhere`] : []
  })
}

/** What somebody said of a stop is only ever corrected by somebody. */
function kept(events: readonly MachineEvent[]): readonly string[] {
  const reasons = new Map<string, string | null>()
  return events.flatMap((event) => {
    const row = `${event.kind.split('.')[0]} ${event.at}`
    const before = reasons.get(row)
    reasons.set(row, event.reason)
    return isScanned(before) && !isScanned(event.reason)
      ? [`${row}: ${event.reason} overwrites ${before}`]
      : []
  })
}

/** A downtime and the rows of its stop say the same, and who said so. */
function alike(events: readonly MachineEvent[]): readonly string[] {
  const rows = historyOf(events)
  return downtimesOf(events).flatMap((down) => {
    const first = rows.findIndex(({ at }) => at === down.at)
    const more = rows.slice(first + 1)
    const next = more.findIndex(
      ({ marks, status }) => !marks.includes('cont') || status !== rows[first]?.status,
    )
    const parts = [rows[first], ...more.slice(0, next < 0 ? more.length : next)]
    const other = parts.find((row) => row && row.reason !== down.reason)
    const found = other ? [`downtime ${down.reason} of ${down.at}: its row says ${other.reason}`] : []
    const isRight = (down.reportedBy === OPERATOR) === isScanned(down.reason)
    return isRight
      ? found
      : [...found, `downtime ${down.reason} of ${down.at} is reported by ${down.reportedBy}`]
  })
}

function minutes(events: readonly MachineEvent[]): readonly string[] {
  const off = new Map<string, number>()
  for (const { reason, ended } of downtimesOf(events)) {
    if (!ended) continue
    const name = reason ?? 'unassigned'
    off.set(name, (off.get(name) ?? 0) + ended.minutes - ended.durationMs / 60_000)
  }
  return [...off].flatMap(([reason, by]) =>
    Math.abs(by) > MINUTES_OFF_MAX ? [`minutes of ${reason} are off by ${by.toFixed(2)}`] : [],
  )
}

function isScanned(reason: string | null | undefined): boolean {
  return typeof reason === 'string' && /^R\d+$/.test(reason)
}
