/**
 * Why a machine cannot be decided now: the first thing that keeps its rules from a verdict, in the words of whoever knows.
 * For `status`, and for the notes of the row that stands where nothing was seen.
 */
import type { Unseen } from '../domain/events/status.ts'
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { detailOf, type SignalValue } from '../domain/signal.ts'
import { doubtOf } from './judging/doubt.ts'
import { sightAt, valuesInSight, type Watched } from './judging/sight.ts'
import type { Beat, Held, View } from './view.ts'

/** What keeps a machine from being seen, and since when, where that is known. */
export interface Obstacle extends Unseen {
  readonly since: Instant | null
}

/** Reasons are written into every row that they explain, so they must stay short. */
const DETAIL_MAX = 250

/** The gateway itself was not there to see anything. */
export const GATEWAY_AWAY: Obstacle = { why: 'away', device: null, signal: null, detail: null, since: null }

/** The machine's map was taken away. */
export const UNMAPPED: Obstacle = { ...GATEWAY_AWAY, why: 'unmapped' }

/** The machine's map was put into shadow: it may well be seen, and nobody is to hear of it. */
export const IN_SHADOW: Obstacle = { ...GATEWAY_AWAY, why: 'shadow' }

/** People took the machine out of service in the MES. */
export const OUT_OF_SERVICE: Obstacle = { ...GATEWAY_AWAY, why: 'out_of_service' }

/** What keeps the machine from being seen now; undefined where its rules can decide. */
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
  if (isAway(map, view, device, now)) return away(view, device)
  if (!held) {
    const isFollowed = seen.state.courses.some((course) => course.signal === signal)
    const detail = isFollowed ? 'what it is shows only with time' : 'nothing has come for it yet'
    return { why: 'missing', device, signal, detail, since: null }
  }
  return { device, signal, ...faultOf(held, expected), since: held.since }
}

function away({ contacts, linkFaults }: View, device: string): Obstacle {
  // A device that is connected and silent has no fault of its link.
  const fault = contacts[device] ? undefined : linkFaults[device]
  const detail = fault === undefined ? null : short(withoutName(fault, device))
  return { why: 'away', device, signal: null, detail, since: null }
}

/** Words about a device begin with its name, which stands before them here. */
function withoutName(words: string, device: string): string {
  return words.startsWith(`${device}: `) ? words.slice(device.length + 2) : words
}

function faultOf(held: Held, expected: string): Pick<Unseen, 'why' | 'detail'> {
  const { value, quality } = held
  if (quality !== 'good') return { why: quality, detail: short(detailOf(held)) }
  if (value === null) return { why: 'bad', detail: 'the device has no value for it' }
  return { why: 'unmeant', detail: unmeantDetail(value, expected, held.detail) }
}

/** The words for a value that the map has no meaning for, and what else the device says of it. */
export function unmeantDetail(
  value: Exclude<SignalValue, null>,
  expected: string,
  says: string | undefined,
): string {
  return short(
    `it shows ${shownText(value)}${says === undefined ? '' : ` (${says})`}, and the rules know ${expected}`,
  )
}

/** A heartbeat that stands still, or was never seen to beat: whatever the device answers then may be frozen, and proves nothing. */
function still({ map, view }: Watched, signal: string): Obstacle {
  const beat = view.beats[signal]
  if (beat) return stillHeartbeat(map, signal, beat)
  const detail = 'the heartbeat has not been read yet'
  return { why: 'missing', device: deviceOf(map, signal), signal, detail, since: null }
}

/** A heartbeat that was read and stands still, or has only been read. */
export function stillHeartbeat(map: MachineMap, signal: string, { value, at, readAt }: Beat): Obstacle {
  const staleAfterMs = map.heartbeats.find((one) => one.signal === signal)?.staleAfterMs ?? 0
  const shown = value === null ? 'no value' : shownText(value)
  const lasting = at ? `for longer than ${staleAfterMs / 1_000} s` : 'since the gateway first read it'
  const detail = short(`the heartbeat has shown ${shown} ${lasting}`)
  return { why: 'stale', device: deviceOf(map, signal), signal, detail, since: at ?? readAt }
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
