/** How sure a proposal is, and what would make it surer. */
import { type Feature, hasComeBack } from './feature.ts'
import { meaningKey, type TaughtPhase, type TeachRecording } from './recording.ts'
import type { SignalUse } from './signal-use.ts'

/** What speaks against a proposal that agrees with all that was shown. */
export interface Doubts {
  readonly advice: readonly string[]
  /** Of the phase with this place, decided by these. */
  readonly confidenceOf: (n: number, deciding: readonly SignalUse[]) => number
}

/** What is seen once may be a chance. */
const SEEN_ONCE = 0.8
const NEVER_BACK = 0.85
const FEW_READINGS = 0.8
const FEW = 8
const NO_RULE = 0.9
/** Of a machine that was never shown running, the map would never say that it runs. */
const NEVER_RUNS = 0.5
/** A limit with so much room, in parts of the way from the one side to the other, is as sure as a state. */
const ROOM_SURE = 0.5

export function doubtsOf(
  uses: readonly SignalUse[],
  features: readonly Feature[],
  recording: TeachRecording,
): Doubts {
  const { phases, everyMs } = recording
  const isOnce = (n: number) =>
    phases.filter((phase) => meaningKey(phase) === meaningKey(phases[n] as TaughtPhase)).length < 2
  const once = [...new Set(phases.filter((_, n) => isOnce(n)).map(({ label }) => label))]
  const notBack = uses.filter(({ feature }) => !hasComeBack(feature.states)).map(({ name }) => name)
  const isShort = ({ fromMs, toMs }: TaughtPhase) => (toMs - fromMs) / everyMs < FEW
  const rivals = rivalsOf(uses, features)
  const runs = phases.some(({ is }) => is === 'running')
  const confidenceOf = (n: number, deciding: readonly SignalUse[]) => {
    const parts = [
      isOnce(n) ? SEEN_ONCE : 1,
      runs ? 1 : NEVER_RUNS,
      deciding.length === 0 ? NO_RULE : 1,
      deciding.some(({ name }) => notBack.includes(name)) ? NEVER_BACK : 1,
      isShort(phases[n] as TaughtPhase) ? FEW_READINGS : 1,
      ...deciding.map(({ feature }) => trustIn(feature)),
    ]
    return Math.round(parts.reduce((product, part) => product * part, 0.98) * 100) / 100
  }
  return {
    confidenceOf,
    advice: [
      ...(runs
        ? []
        : [
            'the machine was not shown running: with these rules it would never be running, and its work would count as a stop; show it running as well',
          ]),
      ...(once.length > 0
        ? [`seen only once: ${once.join(', ')}; show it again, in another order, to be surer`]
        : []),
      ...(notBack.length > 0
        ? [`${notBack.join(', ')} never came back to an earlier value: end with what you began with`]
        : []),
      ...(rivals.length > 0
        ? [`${rivals.join(', ')} would tell the same apart: take what the manual names`]
        : []),
      ...(uses.some(({ keys }) => 'names' in keys)
        ? [
            'a value that was not shown has no name, and decides nothing until somebody gives it one: show the other modes as well',
          ]
        : []),
      ...(uses.some(({ feature }) => feature.tell.kind === 'limit')
        ? [
            'a limit was found from a few seconds: look whether the slowest work and the fastest idling stay on their sides',
          ]
        : []),
    ],
  }
}

function trustIn({ tell, blipMs }: Feature): number {
  const blip = blipMs > 0 ? 0.95 : 1
  if (tell.kind !== 'limit') return blip
  const room = (tell.high - tell.low) / Math.max(Math.abs(tell.high), Math.abs(tell.low), Number.MIN_VALUE)
  return blip * Math.min(1, 0.7 + (0.3 * room) / ROOM_SURE)
}

const RIVALS_MAX = 4

/** Other signals that show just what a used one does. */
function rivalsOf(uses: readonly SignalUse[], features: readonly Feature[]): readonly string[] {
  const pattern = ({ states }: Feature) =>
    JSON.stringify(states.map((one) => states.findIndex((s) => s.join() === one.join())))
  const used = new Set(uses.map(({ feature }) => feature.watched.track.name))
  const patterns = new Set(uses.map(({ feature }) => pattern(feature)))
  const rivals = features.filter((one) => !used.has(one.watched.track.name) && patterns.has(pattern(one)))
  return [...new Set(rivals.map(({ watched }) => watched.track.name))].slice(0, RIVALS_MAX)
}
