/** A machine of which everything is known, as a teach-in records it: its modes, the signals that tell them, and others that do not. */
import type {
  SignalKeys,
  TaughtPhase,
  TeachRecording,
  Track,
  TrackValue,
} from '../../src/workbench/teach/recording.ts'

export const EVERY_MS = 250

/** What the machine does from a moment on. */
export interface Doing {
  readonly mode: Mode
  readonly fromMs: number
  readonly toMs: number
  /** Set where somebody says so: else nobody does. */
  readonly isTaught: boolean
}

export type Mode = 'run' | 'stop' | 'emergency_stop' | 'door_open' | 'setup'

const MEANT: Readonly<Record<Mode, Pick<TaughtPhase, 'is' | 'reason'>>> = {
  run: { is: 'running' },
  stop: { is: 'idle' },
  emergency_stop: { is: 'down', reason: 'emergency_stop' },
  door_open: { is: 'idle', reason: 'door_open' },
  setup: { is: 'setup' },
}

/** A signal by its value at a moment, in a mode that has lasted for some ms. */
export interface Wire {
  readonly name: string
  readonly kind: Track['kind']
  readonly keys: SignalKeys
  readonly isNamed?: boolean
  readonly at: (mode: Mode, ms: number, lastedMs: number) => TrackValue
}

/** One thing after the other; between taught phases the machine goes over into the next mode within the first second of a phase. */
export function sequence(
  modes: readonly Mode[],
  eachMs: number,
  betweenMs: number,
  isTaught = true,
): readonly Doing[] {
  const startMs = Date.UTC(2026, 10, 2, 8)
  return modes.map((mode, n) => {
    const fromMs = startMs + n * (eachMs + betweenMs)
    return { mode, fromMs, toMs: fromMs + eachMs, isTaught }
  })
}

export function record(wires: readonly Wire[], doings: readonly Doing[]): TeachRecording {
  const [first, last] = [doings[0] as Doing, doings.at(-1) as Doing]
  const tracks = wires.map(({ name, kind, keys, isNamed = false, at }) => {
    const points: { atMs: number; value: TrackValue }[] = []
    let [mode, sinceMs] = [first.mode, first.fromMs]
    for (let ms = first.fromMs; ms <= last.toMs; ms += EVERY_MS) {
      // The machine follows the button within a second.
      const now = doings.findLast(({ fromMs }) => fromMs + 700 <= ms)?.mode ?? first.mode
      if (now !== mode) [mode, sinceMs] = [now, ms]
      const value = at(mode, ms - first.fromMs, ms - sinceMs)
      if (points.at(-1)?.value !== value) points.push({ atMs: ms, value })
    }
    return { name, kind, keys, isNamed, points, bitKeys: bitKeys(keys) }
  })
  return { tracks, phases: phasesOf(doings), everyMs: EVERY_MS, endMs: last.toMs }
}

function bitKeys({ at }: SignalKeys): (bit: number) => SignalKeys {
  return (bit) => ({ at: `${at}:${bit}`, type: 'bit' })
}

function phasesOf(doings: readonly Doing[]): readonly TaughtPhase[] {
  return doings
    .filter(({ isTaught }) => isTaught)
    .map(({ mode, fromMs, toMs }, n) => ({
      phase: n + 1,
      label: mode.replaceAll('_', ' '),
      word: mode,
      fromMs,
      toMs,
      ...MEANT[mode],
    }))
}

/** A number from 0 to 1 that depends on nothing but these. */
export function noise(seed: number, ms: number): number {
  let bits = Math.imul(seed * 2_654_435_761 + Math.floor(ms / EVERY_MS), 0x9e3779b1) >>> 0
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b) >>> 0
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35) >>> 0
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32
}

export const word = (name: string, at: number, value: Wire['at'], isNamed = false): Wire => ({
  name,
  kind: 'word',
  keys: { at: String(at), type: 'u16' },
  isNamed,
  at: value,
})
export const bit = (name: string, at: number, value: Wire['at'], isNamed = false): Wire => ({
  name,
  kind: 'bit',
  keys: { at: String(at), type: 'bit' },
  isNamed,
  at: value,
})
export const measured = (name: string, at: number, value: Wire['at'], isNamed = false): Wire => ({
  name,
  kind: 'number',
  keys: { at: String(at), type: 'f32' },
  isNamed,
  at: value,
})

/** What every PLC has besides, and what says nothing of the machine. */
export function bystanders(seed: number): readonly Wire[] {
  const half = 500 * (1 + (seed % 3))
  let walk = 20
  return [
    bit('beat', 10_001, (_mode, ms) => Math.floor(ms / half) % 2 === 1),
    word('alive', 40_201, (_mode, ms) => Math.floor(ms / 1_000) % 65_536),
    word('serial', 40_202, () => 4_711),
    measured('warm', 40_203, (_mode, ms) => {
      walk = 20 + ms / 40_000 + noise(seed + 3, ms) / 20
      return Math.round(walk * 100) / 100
    }),
    measured('mains', 40_205, (_mode, ms) => 229 + Math.round(noise(seed + 4, ms) * 300) / 100),
    bit('part', 10_002, (_mode, ms) => noise(seed + 5, Math.floor(ms / 1_500) * 1_500) > 0.5),
  ]
}
