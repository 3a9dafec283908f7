/** The part of a day that timelines show: pure reckoning of zooming and moving. */

/** In ms since 1970. */
export interface TimeWindow {
  readonly fromMs: number
  readonly toMs: number
}

const WINDOW_MIN_MS = 60_000
/** About so many marks stand on the axis. */
const MARKS = 8
const MINUTE_MS = 60_000
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360].map((minutes) => minutes * MINUTE_MS)

/** The local day of a moment; it may be 23 or 25 hours long. */
export function dayWindow(atMs: number): TimeWindow {
  const day = new Date(atMs)
  const fromMs = new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime()
  const toMs = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime()
  return { fromMs, toMs }
}

/** The same time of another day, so many days later. */
export function otherDay({ fromMs }: TimeWindow, days: number): TimeWindow {
  const day = new Date(fromMs)
  return dayWindow(new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime())
}

/**
 * Shows a longer or shorter part.
 * @param factor below 1 zooms in
 * @param share where in the window it stays as it is, from 0 to 1
 */
export function zoomed(window: TimeWindow, whole: TimeWindow, factor: number, share = 0.5): TimeWindow {
  const lengthMs = window.toMs - window.fromMs
  const wantedMs = Math.min(whole.toMs - whole.fromMs, Math.max(WINDOW_MIN_MS, lengthMs * factor))
  const pointMs = window.fromMs + lengthMs * share
  const fromMs = pointMs - wantedMs * share
  return within({ fromMs, toMs: fromMs + wantedMs }, whole)
}

/** Shows an earlier or later part, by a share of what is shown. */
export function moved(window: TimeWindow, whole: TimeWindow, share: number): TimeWindow {
  const byMs = (window.toMs - window.fromMs) * share
  return within({ fromMs: window.fromMs + byMs, toMs: window.toMs + byMs }, whole)
}

/** Moves it so far that a moment is in it. */
export function showing(window: TimeWindow, whole: TimeWindow, atMs: number): TimeWindow {
  if (atMs >= window.fromMs && atMs <= window.toMs) return window
  const halfMs = (window.toMs - window.fromMs) / 2
  return within({ fromMs: atMs - halfMs, toMs: atMs + halfMs }, whole)
}

/** Where the axis has marks: at full steps of local time, also behind a change to or from daylight-saving time. */
export function axisMarks({ fromMs, toMs }: TimeWindow, marks = MARKS): readonly number[] {
  const wantedMs = (toMs - fromMs) / marks
  const stepMs = STEPS_MS.find((step) => step >= wantedMs) ?? (STEPS_MS.at(-1) as number)
  const offsetMs = offsetOf(fromMs)
  const first = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs
  // A day that is an hour longer has one step more.
  const count = Math.max(0, Math.floor((toMs - first) / stepMs) + 2)
  const steps = Array.from({ length: count }, (_, index) => first + index * stepMs)
  const local = steps.map((step) => step + offsetOf(step) - offsetMs)
  return local.filter((mark, index) => mark <= toMs && mark !== local[index - 1])
}

/** By how much UTC is ahead of local time. */
function offsetOf(atMs: number): number {
  return new Date(atMs).getTimezoneOffset() * MINUTE_MS
}

function within({ fromMs, toMs }: TimeWindow, whole: TimeWindow): TimeWindow {
  const lengthMs = Math.min(toMs - fromMs, whole.toMs - whole.fromMs)
  const from = Math.min(Math.max(fromMs, whole.fromMs), whole.toMs - lengthMs)
  return { fromMs: from, toMs: from + lengthMs }
}
