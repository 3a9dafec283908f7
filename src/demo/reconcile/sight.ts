/**
 * What of the truth was bound to be seen. A gateway that polls cannot see what happens while it, its link or its power is
 * down; these stretches are the dark windows. A status that was in sight for long enough must be in central, one that was
 * not may be; and nobody can know more exactly than to the end of a dark window when something in it began.
 */
import type { TrueTransition } from './facts.ts'

export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** How one machine was watched. */
export interface Sight {
  readonly microStopBelowMs: number
  /** A status that was in sight this long without a break is bound to be recorded: two polls and the debounce. */
  readonly observableFromMs: number
  /** One that was in sight this long is bound to be recorded with its reason: a code may settle later than its status. */
  readonly reasonFromMs: number
  /** How far a stamp may stand before the truth: two clocks read one after the other. */
  readonly earlyMs: number
  /** How far a stamp may stand behind the moment at which the change could first be seen: a poll on a busy machine. */
  readonly lateMs: number
  /** In time order. The first ends with the first contact, the last begins when the gateway was stopped. */
  readonly darkWindows: readonly Window[]
}

/** A transition of the truth, and where its row may stand. */
export interface Expected extends TrueTransition {
  /** Whether it was in sight long enough; another may be recorded all the same. */
  readonly required: boolean
  /** Whether it was in sight long enough for its reason. */
  readonly reasonRequired: boolean
  readonly earliestMs: number
  readonly latestMs: number
}

/** @param transitions those of one machine, in time order */
export function expect(transitions: readonly TrueTransition[], sight: Sight): readonly Expected[] {
  return transitions.map((transition, index) => {
    const held = { fromMs: transition.atMs, toMs: transitions[index + 1]?.atMs ?? Number.POSITIVE_INFINITY }
    const pieces = visible(held, sight.darkWindows)
    const seen = pieces.find((piece) => lengthMs(piece) >= sight.observableFromMs)
    const seenByMs = seen ? seen.fromMs : endOfDark(held.toMs, sight.darkWindows)
    return {
      ...transition,
      required: seen !== undefined,
      reasonRequired: pieces.some((piece) => lengthMs(piece) >= sight.reasonFromMs),
      earliestMs: transition.atMs - sight.earlyMs,
      latestMs: seenByMs + sight.lateMs,
    }
  })
}

/** The parts of a stretch that lie outside all dark windows. */
function visible(stretch: Window, darkWindows: readonly Window[]): readonly Window[] {
  let rest = [stretch]
  for (const dark of darkWindows) {
    rest = rest.flatMap(({ fromMs, toMs }) => [
      { fromMs, toMs: Math.min(toMs, dark.fromMs) },
      { fromMs: Math.max(fromMs, dark.toMs), toMs },
    ])
    rest = rest.filter((piece) => lengthMs(piece) > 0)
  }
  return rest
}

function endOfDark(atMs: number, darkWindows: readonly Window[]): number {
  return darkWindows.find((dark) => dark.fromMs <= atMs && atMs < dark.toMs)?.toMs ?? atMs
}

/** Whether a stretch that central says was not seen lies in a window in which nothing could be seen. */
export function wasDark(stretch: Window, sight: Sight): boolean {
  const slackMs = sight.lateMs
  return sight.darkWindows.some(
    (dark) => stretch.fromMs >= dark.fromMs - slackMs && stretch.toMs <= dark.toMs + slackMs,
  )
}

/** Whether a moment was in full view: no dark window within the time that it takes to see anything. */
export function wasClear(atMs: number, sight: Sight): boolean {
  const marginMs = sight.observableFromMs + sight.lateMs
  return sight.darkWindows.every((dark) => atMs < dark.fromMs - marginMs || atMs > dark.toMs + marginMs)
}

/** When the watching ended for good. */
export function seenUntilMs(sight: Sight): number {
  const last = sight.darkWindows.at(-1)
  return last?.toMs === Number.POSITIVE_INFINITY ? last.fromMs : Number.POSITIVE_INFINITY
}

function lengthMs({ fromMs, toMs }: Window): number {
  return toMs - fromMs
}

/** The same time, in order and without overlaps. */
export function union(windows: readonly Window[]): readonly Window[] {
  const joined: Window[] = []
  for (const window of windows.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1)
    if (!last || window.fromMs > last.toMs) joined.push(window)
    else joined[joined.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, window.toMs) }
  }
  return joined
}
