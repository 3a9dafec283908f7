/** Words that no schema knows: names that the file itself, its profile, its preset and the files beside it give. */
import { isRecord, keysAt } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import { PRESETS } from '../../machine/presets/index.ts'
import type { SchemaWord } from './schema-words.ts'

/** What stands beside the file. */
export interface Neighbours {
  readonly machines: readonly string[]
  readonly profiles: readonly string[]
  readonly tables: readonly string[]
  /** The values of a profile; undefined where there is none of this name. */
  readonly profile: (name: string) => unknown
}

type Group = Readonly<Record<string, unknown>>

/** The names that may be keys of the map at a path. */
export function ownKeys(path: Path, document: unknown, beside: Neighbours): readonly SchemaWord[] {
  const [top, ...inside] = path
  const signals = signalsOf(document, beside)
  if (isCondition(path)) return [...signals.map(signalWord), ...COMBINERS]
  if (top === 'reasons' && inside.length === 0) return signals.map(signalWord)
  if (top === 'signals' && inside.length === 0) return known(signals, document)
  const isWith = path.at(-1) === 'with'
  return isWith ? parametersOf(profilesAt(path.slice(0, -1), document), beside) : []
}

/** The names that may be the value at a path. */
export function ownValues(path: Path, document: unknown, beside: Neighbours): readonly SchemaWord[] {
  const key = path.findLast((step) => typeof step === 'string')
  const signals = signalsOf(document, beside)
  if (path.length > 3 && isCondition(path.slice(0, -1)) && typeof path.at(-1) === 'string')
    return wordsOf(signals.find(({ name }) => name === path.at(-1)))
  if (isCondition(path.slice(0, -2)) && typeof path.at(-1) === 'number')
    return wordsOf(signals.find(({ name }) => name === path.at(-2)))
  switch (key) {
    case 'profile':
      return beside.profiles.map((name) => ({ word: name, about: textIn(beside.profile(name)) }))
    case 'variant':
      return variantsAt(path.slice(0, -1), document, beside)
    case 'machine':
      return path[0] === 'station' ? plain(beside.machines) : []
    case 'file':
      return path[0] === 'reasons' ? plain(beside.tables) : []
    case 'reason':
      return path[0] === 'status' ? reasonsFor(signals, document) : []
    case 'from':
      return path[0] === 'signals' ? plain(keysAt(groupIn(document, 'devices'))) : signals.map(signalWord)
    case 'preset':
      return PRESETS.map(({ name, needs }) => ({
        word: name,
        about: `Needs the signals: ${needs.join(', ')}.`,
      }))
    default:
      return []
  }
}

const COMBINERS: readonly SchemaWord[] = [
  { word: 'any', about: 'One of several: any: [{state: fault}, {door: on}].' },
  { word: 'all', about: 'All of several.' },
  { word: 'not', about: 'The contrary: not: {state: fault}.' },
]

/** Whether keys at this path are signals of a condition: below `when:` of a rule, not in a mask. */
function isCondition(path: Path): boolean {
  return (
    path[0] === 'status' &&
    path[2] === 'when' &&
    path.slice(3).every((step) => typeof step === 'number' || ['any', 'all', 'not'].includes(step))
  )
}

/** A signal of the machine, whoever describes it. */
interface KnownSignal {
  readonly name: string
  readonly entry: Group
  /** What its values are called. */
  readonly words: readonly string[]
  readonly about: string | undefined
}

function signalsOf(document: unknown, beside: Neighbours): readonly KnownSignal[] {
  const own = groupIn(document, 'signals')
  const profiles = [profilesAt([], document), ...deviceProfiles(document)].flat()
  const drawn = profiles.flatMap((profile) => layersOf(beside.profile(profile.name), profile.variant))
  const preset = PRESETS.find(({ name }) => isRecord(document) && name === document.preset)
  const names = new Set([
    ...keysAt(own),
    ...drawn.flatMap((layer) => keysAt(layer)),
    ...(preset?.needs ?? []),
  ])
  return [...names].map((name) => {
    const layers = [...drawn, own].map((layer) => groupIn(layer, name))
    const entry: Group = Object.assign({}, ...layers)
    const ofPreset = preset?.signals[name]
    const words = [
      ...namesIn(entry),
      ...Object.values(ofPreset?.numbers ?? {}),
      ...Object.values(ofPreset?.texts ?? {}),
    ]
    return { name, entry, words: [...new Set(words)], about: aboutSignal(entry) }
  })
}

function namesIn({ names }: Group): readonly string[] {
  return isRecord(names)
    ? Object.values(names).map((name) => (name === true ? 'on' : name === false ? 'off' : String(name)))
    : []
}

function aboutSignal({ at, node, topic, metric, type, role }: Group): string | undefined {
  const parts = [at ?? node ?? topic ?? metric, type, role].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(', ')
}

function signalWord({ name, about }: KnownSignal): SchemaWord {
  return { word: name, about }
}

/** Signals of the profile and the preset that the map may say more about. */
function known(signals: readonly KnownSignal[], document: unknown): readonly SchemaWord[] {
  const own = keysAt(groupIn(document, 'signals'))
  return signals.filter(({ name }) => !own.includes(name)).map(signalWord)
}

/** What a rule may say of a signal. */
function wordsOf(signal: KnownSignal | undefined): readonly SchemaWord[] {
  if (!signal) return []
  const { type, role, running_above: above, stopped_below: below } = signal.entry
  if (signal.words.length > 0) return plain(signal.words)
  if (type === 'light') return plain(['on', 'off', 'blink'])
  if (type === 'bit') return plain(['on', 'off'])
  if (above !== undefined || below !== undefined) return plain(['running', 'stopped'])
  return role === 'fault_code' ? [{ word: '>0', about: 'Any fault.' }] : []
}

/** `from SIGNAL` of those that show why the machine stopped, and reasons that the file uses already. */
function reasonsFor(signals: readonly KnownSignal[], document: unknown): readonly SchemaWord[] {
  const tables = groupIn(document, 'reasons')
  const showing = signals.filter(
    ({ name, entry }) => entry.role === 'fault_code' || Object.hasOwn(tables, name),
  )
  const rules = isRecord(document) && Array.isArray(document.status) ? document.status : []
  const used = rules.flatMap((rule: unknown) => {
    const reason = isRecord(rule) ? rule.reason : undefined
    return typeof reason === 'string' && !reason.startsWith('from ') ? [reason] : []
  })
  return [
    ...showing.map(({ name }) => ({ word: `from ${name}`, about: 'The reason that this signal shows.' })),
    ...plain([...new Set(used)]),
  ]
}

interface NamedProfile {
  readonly name: string
  readonly variant: string | undefined
}

/** The profile that is named at a place: of the whole map, or of one of its devices. */
function profilesAt(path: Path, document: unknown): readonly NamedProfile[] {
  const place = path.reduce<unknown>(
    (value, step) => (isRecord(value) ? value[String(step)] : undefined),
    document,
  )
  const { profile, variant } = isRecord(place) ? place : {}
  return typeof profile === 'string'
    ? [{ name: profile, variant: typeof variant === 'string' ? variant : undefined }]
    : []
}

function deviceProfiles(document: unknown): readonly NamedProfile[] {
  const paths = [['device'], ...keysAt(groupIn(document, 'devices')).map((name) => ['devices', name])]
  return paths.flatMap((path) => profilesAt(path, document))
}

/** The signals of a profile, and over them those of its model. */
function layersOf(profile: unknown, variant: string | undefined): readonly Group[] {
  const chosen = variant ?? (isRecord(profile) ? String(profile.default ?? '') : '')
  return [groupIn(profile, 'signals'), groupIn(groupIn(groupIn(profile, 'variants'), chosen), 'signals')]
}

function variantsAt(path: Path, document: unknown, beside: Neighbours): readonly SchemaWord[] {
  return profilesAt(path, document).flatMap(({ name }) =>
    Object.entries(groupIn(beside.profile(name), 'variants')).map(([word, variant]) => ({
      word,
      about: textIn(variant),
    })),
  )
}

function parametersOf(profiles: readonly NamedProfile[], beside: Neighbours): readonly SchemaWord[] {
  return profiles.flatMap(({ name }) =>
    Object.entries(groupIn(beside.profile(name), 'parameters')).map(([word, one]) => ({
      word,
      about: textIn(one),
    })),
  )
}

function textIn(value: unknown): string | undefined {
  const text = isRecord(value) ? value.text : undefined
  return typeof text === 'string' ? text : undefined
}

function groupIn(value: unknown, key: string): Group {
  const group = isRecord(value) ? value[key] : undefined
  return isRecord(group) ? group : {}
}

function plain(words: readonly string[]): readonly SchemaWord[] {
  return words.map((word) => ({ word, about: undefined }))
}
