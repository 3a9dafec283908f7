/** Finds the profiles that a map names, and says which are not there, have faults, or lack a word of the map. */
import { isRecord, keysAt } from '../../documents/draft.ts'
import type { Layer } from '../../documents/layers.ts'
import type { Path } from '../../documents/place.ts'
import type { YamlSource } from '../../documents/yaml-source.ts'
import type { ConfigFault } from '../../domain/errors.ts'
import { mapWordHint } from '../words.ts'
import { namesInMap, profileLayers, variantsOf } from './profile-layers.ts'
import { profileFaults } from './profile-schema.ts'
import type { ProfileShelf } from './shelf.ts'

/** The profiles that a map draws on, as layers beneath it. */
interface FoundProfiles {
  readonly layers: readonly Layer[]
  readonly faults: readonly ConfigFault[]
  readonly texts: Readonly<Record<string, string>>
}

/** A place in a map that names a profile. */
interface Wanted {
  /** The group of keys that `profile` is one of. */
  readonly group: Path
  readonly device: string | undefined
  readonly name: unknown
  readonly variant: unknown
  readonly words: unknown
}

type Group = Readonly<Record<string, unknown>>

/** What is wrong with how a map draws on a profile: the path is one of the map. */
interface WrongUse {
  readonly path: Path
  readonly message: string
  readonly hint?: string | undefined
}

/** A fault in one of the profiles is named in its own file. */
export function findProfiles(source: YamlSource, shelf: ProfileShelf): FoundProfiles {
  const layers: Layer[] = []
  const faults: ConfigFault[] = []
  const texts: Record<string, string> = {}
  const mentioned = namesInMap(source.value)
  const refuse = ({ path, message, hint }: WrongUse) =>
    faults.push({ ...source.place(path), path: path.join('.'), message, ...(hint && { hint }) })
  for (const wanted of wantedProfiles(source)) {
    const profile = typeof wanted.name === 'string' ? shelf.find(wanted.name) : undefined
    if (!profile) {
      refuse({ path: [...wanted.group, 'profile'], ...missingProfile(wanted.name, shelf) })
      continue
    }
    const own = profileFaults(profile)
    faults.push(...own)
    texts[String(wanted.name)] = profile.text
    const variant = variantOf(wanted, profile)
    const { words, wrong } = wordsFor(wanted, profile)
    // Of a profile that has faults itself, nobody can say what it asks of the map.
    if (own.length === 0) for (const one of [...variant.wrong, ...wrong]) refuse(one)
    const isSerial = isOnSerialPort(source.value, wanted.device)
    const use = { device: wanted.device, variant: variant.name, words, mentioned, isSerial }
    layers.push(...profileLayers(profile, use))
  }
  return { layers, faults: [...faults, ...strayKeys(source)], texts }
}

function missingProfile(name: unknown, shelf: ProfileShelf): Omit<WrongUse, 'path'> {
  const known = 'profiles are files NAME.yaml in the folder profiles beside the maps'
  return (
    shelf.fault?.() ?? {
      message: `unknown profile "${name}"`,
      hint: mapWordHint(String(name), shelf.names()) ?? known,
    }
  )
}

/** The model that is meant, where the profile knows several. In place of one that is not known stands the first, for what else is wrong. */
function variantOf({ group, name, variant }: Wanted, profile: YamlSource) {
  const known = variantsOf(profile)
  const standard = isRecord(profile.value) ? profile.value.default : undefined
  const meant = String(variant ?? standard)
  if (known.includes(meant)) return { name: meant, wrong: [] }
  if (variant === undefined && known.length === 0) return { name: undefined, wrong: [] }
  const wrong = wrongVariant(String(name), variant, known)
  return {
    name: known[0],
    wrong: [{ path: [...group, variant === undefined ? 'profile' : 'variant'], ...wrong }],
  }
}

function wrongVariant(profile: string, variant: unknown, known: readonly string[]): Omit<WrongUse, 'path'> {
  if (known.length === 0) return { message: `the profile ${profile} has no variants`, hint: 'remove it' }
  if (variant === undefined) {
    const message = `the profile ${profile} describes several models: "variant" says which one is here`
    return { message, hint: `one of: ${known.join(', ')}` }
  }
  const message = `the profile ${profile} has no variant "${variant}"`
  return { message, hint: mapWordHint(String(variant), known) }
}

/** What the map says under `with`, beside what holds unless it does. */
function wordsFor({ group, name, words }: Wanted, profile: YamlSource) {
  const asked = isRecord(profile.value) && isRecord(profile.value.parameters) ? profile.value.parameters : {}
  const given = isRecord(words) ? words : {}
  const found: Record<string, string> = {}
  const wrong: WrongUse[] = []
  if (words !== undefined && !isRecord(words)) {
    const hint = 'as in with: {block: DB_Press}'
    wrong.push({ path: [...group, 'with'], message: '"with" is a group of keys', hint })
  }
  for (const [word, parameter] of Object.entries(asked)) {
    const { text, example, default: standard } = (isRecord(parameter) ? parameter : {}) as Group
    const value = given[word] ?? standard
    if (typeof value === 'string' || typeof value === 'number') found[word] = String(value)
    else {
      const hint = `as in with: {${word}: ${example ?? '…'}}`
      wrong.push({
        path: [...group, 'profile'],
        message: `the profile ${name} needs "${word}" under "with": ${text}`,
        hint,
      })
    }
  }
  for (const word of keysAt(words).filter((word) => !Object.hasOwn(asked, word))) {
    const hint = mapWordHint(word, Object.keys(asked)) ?? 'remove it'
    wrong.push({ path: [...group, 'with', word], message: `the profile ${name} asks for no "${word}"`, hint })
  }
  return { words: found, wrong }
}

/** `profile:` of the map or of its device, and those of its several devices. */
function wantedProfiles({ value }: YamlSource): readonly Wanted[] {
  return groupsOf(value).flatMap(({ path, group, device }) => {
    const { profile: name, variant, with: words } = group
    return name === undefined ? [] : [{ group: path, device, name, variant, words }]
  })
}

function isOnSerialPort(map: unknown, device: string | undefined): boolean {
  const { device: single, devices } = (isRecord(map) ? map : {}) as Group
  const settings = device === undefined ? single : isRecord(devices) ? devices[device] : undefined
  return isRecord(settings) && settings.driver === 'modbus-rtu'
}

/** Keys that only mean something beside a profile. */
function strayKeys(source: YamlSource): readonly ConfigFault[] {
  return groupsOf(source.value).flatMap(({ path, group }) =>
    ['variant', 'with']
      .filter((key) => group[key] !== undefined && group.profile === undefined)
      .map((key) => {
        const at = [...path, key]
        const message = `"${key}" stands beside a "profile", and there is none here`
        return {
          ...source.place(at, 'key'),
          path: at.join('.'),
          message,
          hint: 'name the profile, or remove it',
        }
      }),
  )
}

/** The groups of keys in which a profile may be named. */
function groupsOf(value: unknown): readonly { path: Path; group: Group; device: string | undefined }[] {
  if (!isRecord(value)) return []
  const single = isRecord(value.device) ? [{ path: ['device'], group: value.device, device: undefined }] : []
  const several = Object.entries(isRecord(value.devices) ? value.devices : {}).flatMap(([device, group]) =>
    isRecord(group) ? [{ path: ['devices', device], group, device }] : [],
  )
  return [{ path: [], group: value, device: undefined }, ...single, ...several]
}
