/** The signals of a map that rules about some features need, and how the rules speak of them. */
import { bitOf, type Feature } from './feature.ts'
import type { SignalKeys, TaughtPhase, TeachRecording, Track, TrackValue } from './recording.ts'

/** What a rule asks of a signal: a value, several ones, or a range. */
type AskedValue =
  | string
  | number
  | boolean
  | readonly (string | number)[]
  | { readonly mask: number; readonly equals: number }

/** A feature as a map has it. */
export interface SignalUse {
  readonly feature: Feature
  readonly name: string
  readonly keys: SignalKeys
  /** Keys of the map besides. */
  readonly others: Readonly<Record<string, unknown>>
  /** From what was recorded to what the signal shows before its names. */
  readonly shown: (value: TrackValue) => TrackValue
  /** How a rule asks for some states of the feature. */
  readonly asked: (states: readonly string[]) => AskedValue
}

/** Names each signal after what it tells, unless somebody has named it. */
export function usesOf(features: readonly Feature[], recording: TeachRecording): readonly SignalUse[] {
  const taken = new Set(recording.tracks.filter(({ isNamed }) => isNamed).map(({ name }) => name))
  const used = new Set<string>()
  return features.map((feature) => {
    const { track } = feature.watched
    const draft = useOf(feature, recording)
    const isOwn = track.isNamed && !used.has(track.name) && draft.isWholeTrack
    const name = isOwn ? track.name : freeName(nameFor(feature, recording), taken)
    used.add(name)
    taken.add(name)
    return { feature, name, ...draft }
  })
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted
  for (let nth = 2; taken.has(name); nth++) name = `${wanted}_${nth}`
  return name
}

/** `door_open_on` where it is on in that phase only, `no_emergency_stop` where it is off in that one only, and else what kind of thing it is. */
function nameFor({ tell, states }: Feature, { phases }: TeachRecording): string {
  if (tell.kind === 'pulses') return 'cycles'
  if (tell.kind === 'light') return 'light'
  if (tell.kind === 'limit') return 'level'
  const wordIn = (shown: string) => {
    const words = new Set(phases.filter((_, n) => states[n]?.join() === shown).map(({ word }) => word))
    return words.size === 1 ? [...words][0] : undefined
  }
  const [on, off] = [wordIn('true'), wordIn('false')]
  if (on !== undefined) return `${on}_on`
  if (off !== undefined) return `no_${off}`
  return tell.kind === 'bit' || states.every((one) => one.every(isTruth)) ? 'contact' : 'state'
}

function isTruth(state: string): boolean {
  return state === 'true' || state === 'false'
}

type UseDraft = Omit<SignalUse, 'feature' | 'name'> & {
  /** It stands under the name of the signal itself. */
  readonly isWholeTrack: boolean
}

function useOf(feature: Feature, recording: TeachRecording): UseDraft {
  const { tell, watched } = feature
  const { track } = watched
  const whole = { keys: track.keys, others: {}, shown: same, isWholeTrack: true } as const
  switch (tell.kind) {
    case 'values':
      return valuesUse(feature, tell.mask, recording)
    case 'bit':
      return bitUse(track, tell.bit)
    case 'limit':
      return limitUse(feature, recording)
    case 'light':
      return { ...whole, keys: lightKeys(track.keys, tell.stayMs, recording.everyMs), asked: oneOrMore }
    case 'pulses':
      return {
        ...whole,
        keys: pulseKeys(track, recording.everyMs),
        others: { pulse: { ideal_cycle: secondsText(Math.max(50, tell.cycleMs)) } },
        asked: oneOrMore,
      }
  }
}

function same(value: TrackValue): TrackValue {
  return value
}

function oneOrMore(states: readonly string[]): AskedValue {
  const [first = ''] = states
  return states.length === 1 ? first : states
}

function valuesUse(feature: Feature, mask: number | undefined, { phases }: TeachRecording): UseDraft {
  const { track } = feature.watched
  const whole = { others: {}, shown: same, isWholeTrack: true } as const
  if (track.kind === 'bit') return { ...whole, keys: track.keys, asked: (states) => truth(states[0]) }
  const mayBeNamed = track.kind !== 'number' && !track.isInterpreted
  if (!mayBeNamed) {
    const numbers = (states: readonly string[]) =>
      states.length === 1 ? Number(states[0]) : states.map(Number)
    return { ...whole, keys: track.keys, asked: track.kind === 'text' ? oneOrMore : numbers }
  }
  const names = namesOf(feature, phases)
  return {
    ...whole,
    keys: { ...track.keys, ...(mask !== undefined && { mask }), names },
    asked: (states) => oneOrMore([...new Set(states.map((state) => names[state.trim()] ?? state))]),
  }
}

/** Of what is seen in more phases than these, no name can say all. */
const WORDS_IN_NAME_MAX = 3

/** Each value is called by all the phases in which it was seen: called by one of them, a rule about another one would read as its opposite. */
function namesOf({ states }: Feature, phases: readonly TaughtPhase[]): Readonly<Record<string, string>> {
  const words = new Map<string, Set<string>>()
  for (const [n, { word }] of phases.entries())
    for (const state of states[n] ?? [])
      words.set(state.trim(), (words.get(state.trim()) ?? new Set()).add(word))
  const many: string[] = []
  const nameOf = (some: ReadonlySet<string>) => {
    const all = [...some].toSorted().join('_or_')
    if (some.size <= WORDS_IN_NAME_MAX) return all
    if (!many.includes(all)) many.push(all)
    return `several_${many.indexOf(all) + 1}`
  }
  return Object.fromEntries([...words].map(([state, some]) => [state, nameOf(some)]))
}

function bitUse(track: Track, bit: number): UseDraft {
  const keys = track.bitKeys?.(bit)
  if (keys) {
    const shown = (value: TrackValue) => bitOf(value, bit)
    return { keys, others: {}, shown, isWholeTrack: false, asked: (states) => truth(states[0]) }
  }
  const mask = 2 ** bit
  return {
    keys: track.keys,
    others: {},
    shown: same,
    isWholeTrack: true,
    asked: (states) => ({ mask, equals: states[0] === 'true' ? mask : 0 }),
  }
}

function truth(state: string | undefined): boolean {
  return state === 'true'
}

/** Two limits with room between them, where a running machine lies above; else one. */
function limitUse({ tell, states, watched }: Feature, { phases, tracks, everyMs }: TeachRecording): UseDraft {
  if (tell.kind !== 'limit') throw new Error('no limit')
  const { track } = watched
  const isRunningAbove = phases.every(({ is }, n) => is !== 'running' || states[n]?.[0] === 'true')
  const isOnly = tracks.filter(({ name }) => name === track.name).length === 1
  const whole = { others: {}, shown: same, isWholeTrack: true } as const
  if (!isRunningAbove || !isOnly || track.kind === 'text') {
    const { limit } = tell
    return { ...whole, keys: track.keys, asked: ([state]) => (state === 'true' ? `>${limit}` : `<=${limit}`) }
  }
  const room = (tell.high - tell.low) / 5
  const digits = Math.max(0, Math.ceil(-Math.log10(room)) + 1)
  const near = (number: number) => Number(number.toFixed(Math.min(digits, 12)))
  return {
    ...whole,
    keys: {
      ...track.keys,
      running_above: near(tell.limit + room),
      stopped_below: near(tell.limit - room),
      average: secondsText(Math.max(3_000, 4 * everyMs)),
    },
    asked: ([state]) => (state === 'true' ? 'running' : 'stopped'),
  }
}

/** Twelve readings within the time in which a lamp that blinks has to change. */
const READINGS_PER_WINDOW = 12
const WINDOW_MIN_MS = 3_000
const WINDOW_STAYS = 2.5

function lightKeys(keys: SignalKeys, stayMs: number, everyMs: number): SignalKeys {
  const windowMs =
    Math.ceil(Math.max(WINDOW_MIN_MS, stayMs * WINDOW_STAYS, everyMs * READINGS_PER_WINDOW) / 500) * 500
  const window = windowMs === WINDOW_MIN_MS ? {} : { window: secondsText(windowMs) }
  return {
    ...keys,
    type: 'light',
    ...window,
    poll: secondsText(Math.floor(windowMs / READINGS_PER_WINDOW / 50) * 50),
  }
}

function pulseKeys({ keys, kind }: Track, everyMs: number): SignalKeys {
  return kind === 'bit' ? { ...keys, poll: secondsText(everyMs) } : { ...keys, role: 'cycle_count' }
}

/** `250ms`, `1.2s`. */
export function secondsText(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)}ms` : `${Math.round(ms / 100) / 10}s`
}
