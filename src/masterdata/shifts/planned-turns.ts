/** Planned time, worked out of the plant's shifts and breaks. */
import type { DaySpan, PlannedTime, PlannedTurn } from '../../domain/planned-time.ts'
import type { ReferenceShift } from '../../domain/reference-data.ts'
import { daysAround, isOn, type Span, spanOn } from './day-spans.ts'

/** What planned time is worked out of. */
export interface PlantTime {
  readonly shifts: readonly ReferenceShift[]
  /** Of each day; they count only where there is a shift, or where no shift is defined. */
  readonly breaks: readonly DaySpan[]
  /** `Europe/Rome` */
  readonly zone: string
}

/** A span of one shift. */
interface ShiftSpan extends Span {
  readonly name: string
}

/** The turns between two moments; none where neither a shift nor a break is defined. */
export function plannedTurns(plant: PlantTime, fromMs: number, toMs: number): PlannedTime {
  const { shifts, breaks, zone } = plant
  if (shifts.length === 0 && breaks.length === 0) return []
  const days = daysAround(zone, fromMs, toMs)
  const atWork = days.flatMap((day) =>
    shifts.filter((shift) => isOn(shift, day)).map((shift) => ({ ...spanOn(day, shift), name: shift.name })),
  )
  const paused = days.flatMap((day) => breaks.map((one) => spanOn(day, one)))
  const edges = [...atWork, ...paused].flatMap(({ startMs, endMs }) => [startMs, endMs])
  const moments = [...new Set([fromMs, ...edges.filter((ms) => ms > fromMs && ms < toMs)])].sort(
    (a, b) => a - b,
  )
  const turns = moments.map((atMs) => turnAt(atMs, { atWork, paused, hasShifts: shifts.length > 0 }))
  const end = { atMs: toMs, unplanned: null, shift: null }
  return [...turns.filter((turn, index) => isTurn(turns[index - 1], turn)), end]
}

interface Spans {
  readonly atWork: readonly ShiftSpan[]
  readonly paused: readonly Span[]
  readonly hasShifts: boolean
}

function turnAt(atMs: number, { atWork, paused, hasShifts }: Spans): PlannedTurn {
  const isNow = ({ startMs, endMs }: Span) => startMs <= atMs && atMs < endMs
  const [shift] = atWork.filter(isNow).sort((a, b) => b.startMs - a.startMs)
  if (hasShifts && !shift) return { atMs, unplanned: 'NO_SHIFT', shift: null }
  return { atMs, unplanned: paused.some(isNow) ? 'BREAK' : null, shift: shift?.name ?? null }
}

function isTurn(before: PlannedTurn | undefined, turn: PlannedTurn): boolean {
  return before === undefined || before.unplanned !== turn.unplanned || before.shift !== turn.shift
}
