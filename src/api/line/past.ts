/** The past of the machines as it goes over the wire. */
import { utcMs, utcText } from '../../domain/instant.ts'
import { machineOwner } from '../../domain/owner.ts'
import type { PlannedTime } from '../../domain/planned-time.ts'
import { addedSums, availabilityOf, type TimeSums } from '../../history/availability.ts'
import type { History } from '../../history/history.ts'
import type { AskedMachine, HistoryQuestion, HistoryReach } from '../../history/messages.ts'
import { addedStops, type StopSum } from '../../history/pareto.ts'
import type { TimelineStretch } from '../../history/timeline.ts'
import type { Pipeline } from '../../pipeline.ts'
import type { Clock } from '../../runtime/clock.ts'
import { isMachineSubject } from '../../status/machine-subject.ts'
import type { StopSumOnWire, StretchOnWire, SumsOnWire, TimelinesOnWire } from './shapes.ts'

/** What the past is made of. */
export interface PastParts {
  readonly history: Pick<History, 'timelines' | 'sums' | 'reach'>
  readonly pipeline: Pick<Pipeline, 'subjects' | 'subjectOf'>
  readonly clock: Pick<Clock, 'now'>
  /** When the plant means to produce, around now; undefined where nobody knows. */
  readonly plannedAround: (atMs: number) => PlannedTime | undefined
}

/** A span whose query was checked. */
export interface AskedSpan {
  readonly from: string
  readonly to: string
  /** All that have maps in force, where it is undefined. */
  readonly machines: readonly string[] | undefined
}

export async function timelines(parts: PastParts, span: AskedSpan): Promise<TimelinesOnWire> {
  const question = questionOf(parts, span)
  const machines = await parts.history.timelines(question)
  return {
    ...(await reachOf(parts, question)),
    machines: machines.map(({ machine, stretches }) => ({
      machine,
      stretches: stretches.map(stretchOnWire),
    })),
    turns: turnsOf(parts, question),
  }
}

export async function sums(parts: PastParts, span: AskedSpan): Promise<SumsOnWire> {
  const question = questionOf(parts, span)
  const machines = await parts.history.sums(question)
  const line = addedSums(machines.map(({ time }) => time))
  return {
    ...(await reachOf(parts, question)),
    line: { ...timeOnWire(line), stops: addedStops(machines.map(({ stops }) => stops)).map(stopOnWire) },
    machines: machines.map(({ machine, time }) => ({ machine, ...timeOnWire(time) })),
  }
}

function questionOf({ pipeline, clock }: PastParts, span: AskedSpan): HistoryQuestion {
  const all = () => pipeline.subjects.filter(isMachineSubject).map(({ map }) => map.machine)
  const machines = (span.machines ?? all().toSorted()).map((machine) => askedMachine(pipeline, machine))
  return { machines, fromMs: utcMs(span.from), toMs: utcMs(span.to), nowMs: clock.now().wallMs }
}

/** Of a machine without a map nobody knows more than the log. */
function askedMachine(pipeline: Pick<Pipeline, 'subjectOf'>, machine: string): AskedMachine {
  const subject = pipeline.subjectOf(machineOwner(machine))
  const seenToMs = subject && isMachineSubject(subject) ? subject.health().summary.lastSeenMs : null
  return { machine, seenToMs }
}

async function reachOf({ history }: PastParts, { fromMs, toMs }: HistoryQuestion) {
  const { keptFromMs, missing, halted }: HistoryReach = await history.reach()
  return {
    from: utcText(fromMs),
    to: utcText(toMs),
    kept_from: keptFromMs === null ? null : utcText(keptFromMs),
    missing_events: missing,
    halted,
  }
}

function turnsOf(
  { plannedAround, clock }: PastParts,
  { fromMs, toMs }: HistoryQuestion,
): TimelinesOnWire['turns'] {
  // Only what is kept around now: asking for another moment would send the machines their plan again.
  const planned = plannedAround(clock.now().wallMs) ?? []
  const within = planned.filter(({ atMs }) => atMs > fromMs && atMs < toMs)
  return within.map(({ atMs, shift, unplanned }) => ({ at: utcText(atMs), shift, unplanned }))
}

export function stretchOnWire(stretch: TimelineStretch): StretchOnWire {
  const { status, reason, category, workOrder, operator, marks, why, whyDetail } = stretch
  return {
    from: utcText(stretch.fromMs),
    to: utcText(stretch.toMs),
    use: stretch.use,
    ...(status !== null && { status }),
    ...(reason !== null && { reason }),
    ...(category !== null && { category }),
    ...(workOrder !== null && { work_order: workOrder }),
    ...(operator !== null && { operator }),
    ...(marks.length > 0 && { marks: [...marks] }),
    lasted_s: seconds(stretch.lastedMs),
    ...(stretch.sinceMs < stretch.fromMs && { since: utcText(stretch.sinceMs) }),
    ...(stretch.isOpen && { is_open: true as const }),
    ...(why !== null && { why }),
    ...(whyDetail !== null && { detail: whyDetail }),
  }
}

export function timeOnWire(time: TimeSums) {
  const { runningMs, standingMs, unplannedMs, unseenMs } = time
  return {
    availability: availabilityOf(time),
    running_s: seconds(runningMs),
    standing_s: seconds(standingMs),
    unplanned_s: seconds(unplannedMs),
    unseen_s: seconds(unseenMs),
  }
}

function stopOnWire({ reason, category, count, lastedMs }: StopSum): StopSumOnWire {
  return { reason, category, count, lasted_s: seconds(lastedMs) }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
