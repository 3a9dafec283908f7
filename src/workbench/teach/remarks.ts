/** What was seen of signals that decide nothing, and which role they seem to have. */
import { cycleMs, isBlinking, isCounter, median, type WatchedTrack } from './habits.ts'
import type { SignalKeys, TaughtPhase, TeachRecording } from './recording.ts'
import { secondsText } from './signal-use.ts'

/** A signal that decides nothing. */
export interface Remark {
  readonly signal: string
  readonly what: 'heartbeat' | 'counter' | 'fault_code' | 'blinks' | 'drifts'
  readonly said: string
  /** The signal with the role that it seems to have; somebody has to agree. */
  readonly proposed: SignalKeys | undefined
}

const REMARKS_MAX = 24
/** A heartbeat is stale after so many of its beats, and never at once. */
const STALE_BEATS = 5
const STALE_MIN_MS = 10_000

/** Those of signals that somebody named come first. */
export function remarksOf(
  all: readonly WatchedTrack[],
  used: ReadonlySet<string>,
  recording: TeachRecording,
): readonly Remark[] {
  return all
    .filter(({ track }) => !used.has(track.name))
    .toSorted((a, b) => Number(b.track.isNamed) - Number(a.track.isNamed))
    .flatMap((watched) => remarkOf(watched, recording) ?? [])
    .slice(0, REMARKS_MAX)
}

function remarkOf(watched: WatchedTrack, { phases }: TeachRecording): Remark | undefined {
  const { track, courses } = watched
  const signal = track.name
  const changes = courses.map(({ rises, falls }) => rises + falls)
  if (changes.every((count) => count >= 2)) return heartbeat(watched)
  if (isCounter(watched)) return counter(watched, phases)
  if (courses.some(isBlinking) && track.kind === 'bit') {
    const some = labelsWhere(phases, (n) => isBlinking(courses[n] as (typeof courses)[number]))
    return { signal, what: 'blinks', said: `blinks in: ${some}`, proposed: undefined }
  }
  return faultCode(watched, phases)
}

/** It changes whatever the machine does, so it proves that the PLC runs. */
function heartbeat(watched: WatchedTrack): Remark {
  const { track, courses } = watched
  const gaps = courses.flatMap(({ stays }) => stays.slice(1, -1).map(({ fromMs, toMs }) => toMs - fromMs))
  const beatMs = median(gaps)
  const isRegular = gaps.length >= 4 && gaps.every((ms) => ms <= beatMs * 2.5)
  const isDrift = track.kind === 'number' || !isRegular || !isBeat(watched)
  if (isDrift)
    return {
      signal: track.name,
      what: 'drifts',
      said: 'changes by itself, whatever the machine does',
      proposed: undefined,
    }
  const staleMs = Math.max(STALE_MIN_MS, Math.ceil((beatMs * STALE_BEATS) / 1_000) * 1_000)
  return {
    signal: track.name,
    what: 'heartbeat',
    said: `changes about every ${secondsText(beatMs)}, whatever the machine does: as heartbeat it would tell when the PLC stands still`,
    proposed: { ...track.keys, role: 'heartbeat', stale_after: secondsText(staleMs) },
  }
}

/** A beat has few values, or counts; a measurement has many, and goes up as often as down. */
const BEAT_VALUES_MAX = 8

function isBeat({ courses }: WatchedTrack): boolean {
  const values = new Set(courses.flatMap(({ stays }) => stays.map(({ value }) => value)))
  const rises = courses.reduce((sum, course) => sum + course.rises, 0)
  const falls = courses.reduce((sum, course) => sum + course.falls, 0)
  const [most, least] = [Math.max(rises, falls), Math.min(rises, falls)]
  return values.size <= BEAT_VALUES_MAX || least * 4 <= most
}

function counter(watched: WatchedTrack, phases: readonly TaughtPhase[]): Remark {
  const { track, courses } = watched
  const some = labelsWhere(phases, (n) => (courses[n]?.rises ?? 0) > 0)
  const everyMs = cycleMs(watched)
  const pace = everyMs === undefined ? '' : `, about every ${secondsText(everyMs)}`
  return {
    signal: track.name,
    what: 'counter',
    said: `counts up in: ${some}${pace}; what it counts, only somebody who knows the machine can say`,
    proposed: { ...track.keys, role: 'total_count' },
  }
}

/** A number that is there only while the machine is down. */
function faultCode({ track, courses }: WatchedTrack, phases: readonly TaughtPhase[]): Remark | undefined {
  if (track.kind !== 'word') return undefined
  const isZero = (n: number) => courses[n]?.range?.max === 0
  const down = [...phases.keys()].filter((n) => phases[n]?.is === 'down')
  const others = [...phases.keys()].filter((n) => phases[n]?.is !== 'down')
  const isCode =
    down.some((n) => (courses[n]?.range?.min ?? 0) > 0) && others.length > 0 && others.every(isZero)
  if (!isCode) return undefined
  const codes = [...new Set(down.flatMap((n) => courses[n]?.stays.map(({ value }) => String(value)) ?? []))]
  return {
    signal: track.name,
    what: 'fault_code',
    said: `shows ${codes.join(', ')} while the machine is down, and 0 else: it may be the fault code`,
    proposed: { ...track.keys, role: 'fault_code' },
  }
}

function labelsWhere(phases: readonly TaughtPhase[], isMeant: (n: number) => boolean): string {
  return [...new Set(phases.filter((_, n) => isMeant(n)).map(({ label }) => label))].join(', ')
}
