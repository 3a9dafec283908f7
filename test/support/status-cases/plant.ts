/** The plan of a plant, as a trace writes it: `plant zone=Europe/Rome Early=06:00-14:00 break=10:00-10:15 days=monday,friday`. */
import { plannedTurns } from '../../../src/masterdata/shifts/planned-turns.ts'

const DAY_MS = 86_400_000
/** So many days of it are known, as the gateway knows those around the present one. */
const DAYS = 9

type Turn = readonly [seconds: number, what: string]

/** The turns from the start of a case on, in seconds from it. */
export function turnsOf(
  { zone = 'UTC', days = '', break: pause, ...shifts }: Readonly<Record<string, string>>,
  startMs: number,
): readonly Turn[] {
  const plant = {
    zone,
    shifts: Object.entries(shifts).map(([name, span]) => ({
      name,
      ...spanOf(span),
      days: days === '' ? [] : days.split(','),
    })),
    breaks: pause === undefined ? [] : [spanOf(pause)],
  }
  const turns = plannedTurns(plant, startMs, startMs + DAYS * DAY_MS)
  return turns.map(({ atMs, unplanned, shift }) => [(atMs - startMs) / 1_000, unplanned ?? shift ?? ''])
}

/** `06:00-14:00` */
function spanOf(text: string): { readonly start: string; readonly end: string } {
  const [start = '', end = ''] = text.split('-')
  return { start: `${start}:00`, end: `${end}:00` }
}
