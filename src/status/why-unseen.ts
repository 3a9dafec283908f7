/**
 * Why a machine cannot be decided now: the first thing that keeps its rules from a verdict, in the words of whoever knows.
 * For `status`, and for the notes of the row that stands where nothing was seen.
 */
import type { Unseen } from '../domain/events/status.ts'
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { SignalValue } from '../domain/signal.ts'
import { doubtOf } from './judging/doubt.ts'
import { sightAt, valuesInSight, type Watched } from './judging/sight.ts'
import type { Held, View } from './view.ts'

/** What keeps a machine from being seen, and since when, where that is known. */
export interface Obstacle extends Unseen {
  readonly since: Instant | null
}

/** Reasons are written into every row that they explain, so they must stay short. */
const DETAIL_MAX = 250

/** Undefined where the machine can be decided. */
export function whyUnseen(seen: Watched, now: Instant): Obstacle | undefined {
  const sight = sightAt(seen, now)
  switch (sight.kind) {
    case 'rule':
    case 'transient':
      return undefined
    case 'unproven':
    case 'frozen':
      return still(seen, sight.signal)
    case 'undecided':
      return doubtful(seen, now)
  }
}

/** A value that the rules need, and that is not there, not good, or none that they can mean. */
function doubtful(seen: Watched, now: Instant): Obstacle | undefined {
  const { map, view } = seen
  const doubt = doubtOf(map, valuesInSight(seen, now))
  if (!doubt) return undefined
  const { signal, held, expected } = doubt
  const device = deviceOf(map, signal)
  if (isAway(map, view, device, now)) return { why: 'away', device, signal: null, detail: null, since: null }
  if (!held) return { why: 'missing', device, signal, detail: 'nothing has come for it yet', since: null }
  return { device, signal, ...faultOf(held, expected), since: held.since }
}

function faultOf({ value, quality, detail }: Held, expected: string): Pick<Unseen, 'why' | 'detail'> {
  if (quality !== 'good') return { why: quality, detail: short(detail ?? 'the device gives no reason') }
  if (value === null) return { why: 'bad', detail: 'the device has no value for it' }
  const shown = shownText(value)
  return { why: 'unmeant', detail: short(`it shows ${shown}, and the rules know ${expected}`) }
}

/** A heartbeat that stands still, or was never seen to beat: whatever the device answers then may be frozen, and proves nothing. */
function still({ map, view }: Watched, signal: string): Obstacle {
  const device = deviceOf(map, signal)
  const beat = view.beats[signal]
  if (!beat)
    return { why: 'missing', device, signal, detail: 'the heartbeat has not been read yet', since: null }
  const staleAfterMs = map.heartbeats.find((one) => one.signal === signal)?.staleAfterMs ?? 0
  const shown = beat.value === null ? 'no value' : shownText(beat.value)
  const lasting = beat.at ? `for longer than ${staleAfterMs / 1_000} s` : 'since the gateway first read it'
  const detail = short(`the heartbeat has shown ${shown} ${lasting}`)
  return { why: 'stale', device, signal, detail, since: beat.at ?? beat.readAt }
}

function isAway({ onCommLoss }: MachineMap, { contacts }: View, device: string, now: Instant): boolean {
  const contact = contacts[device]
  return contact === undefined || elapsedMs(contact, now) > onCommLoss.afterMs
}

function deviceOf({ machine, devices }: MachineMap, signal: string): string {
  return devices.find(({ signals }) => signals.some(({ name }) => name === signal))?.id ?? machine
}

function shownText(value: Exclude<SignalValue, null>): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function short(text: string): string {
  return text.length > DETAIL_MAX ? `${text.slice(0, DETAIL_MAX - 1).toWellFormed()}…` : text
}
