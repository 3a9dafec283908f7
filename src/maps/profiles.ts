/** Profiles of known hardware: defaults for a device and its signals, kept in `devices/profiles/NAME.yaml` (or `.yml`). */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { createDraft, isRecord, keysAt } from '../documents/draft.ts'
import type { Layer } from '../documents/layers.ts'
import type { Path } from '../documents/place.ts'
import { readYamlFile, reasonText, type YamlSource } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { signalSchema } from './machine/map-schema.ts'
import { mapWordHint, SYNONYMS } from './words.ts'

/** Where profiles are found: the folder on disk, or what was kept with a last good map. */
export interface ProfileShelf {
  readonly names: () => readonly string[]
  readonly find: (name: string) => YamlSource | undefined
  /** What keeps anything from being found, such as a folder that must not be read. */
  readonly fault?: () => ShelfFault | undefined
}

interface ShelfFault {
  readonly file: string
  readonly message: string
  readonly hint: string
}

/** What may stand in a profile. Its signals are judged together with the map that draws on them. */
export const profileSchema = z
  .strictObject({
    text: z.string().optional().describe('What it is, in words.'),
    device: z.looseObject({}).optional(),
    signals: z.record(z.string(), z.looseObject({})).optional(),
  })
  .meta({ title: 'a profile' })

/** Beside the maps. */
export const PROFILES_FOLDER = 'profiles'

/** Whether a file of the folder is a profile. Where both `NAME.yaml` and `NAME.yml` are there, the former is it. */
export function isProfileFile(name: string, names: readonly string[]): boolean {
  return /^[^.#].*\.yaml$/s.test(name) || (/^[^.#].*\.yml$/s.test(name) && !names.includes(yamlName(name)))
}

function yamlName(name: string): string {
  return name.replace(/\.yml$/, '.yaml')
}

/** The profiles of a folder, read each time that one is asked for. */
export function folderShelf(folder: string, cwd: string): ProfileShelf {
  const files = () => {
    const names = namesIn(folder)
    const profiles = names.filter((name) => isProfileFile(name, names))
    return new Map(profiles.map((name) => [name.replace(/\.ya?ml$/, ''), name]))
  }
  // Only names that the folder lists are opened, so that none leads out of it.
  return {
    names: () => [...files().keys()],
    find: (name) => {
      const file = files().get(name)
      return file === undefined ? undefined : readYamlFile(join(folder, file), cwd)
    },
    fault: () => faultOfFolder(folder, cwd),
  }
}

/** A folder that is not there is none: nobody needs profiles. */
function faultOfFolder(folder: string, cwd: string): ShelfFault | undefined {
  try {
    readdirSync(folder)
    return undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    const file = relative(cwd, folder)
    const message = `the folder of profiles ${file} cannot be read: ${reasonText(error)}`
    return { file, message, hint: 'profiles are files in it: make it one that the gateway may read' }
  }
}

function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'ENOENT'
}

/** What a folder holds, in the order of the names. One that cannot be read holds nothing that the gateway could use. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

/** What is wrong with a profile itself. */
function profileFaults(source: YamlSource) {
  if (source.faults.length > 0) return source.faults
  const draft = createDraft(source, SYNONYMS)
  draft.judge([], profileSchema)
  return draft.faults
}

/** The faults of a profile that perhaps no map draws on: its signals are judged as well, as far as they stand for themselves. */
export function wholeProfileFaults(source: YamlSource): readonly ConfigFault[] {
  if (source.faults.length > 0) return source.faults
  const draft = createDraft(source, SYNONYMS)
  draft.judge([], profileSchema)
  for (const name of keysAt(draft.at(['signals']))) draft.judge(['signals', name], signalSchema)
  return draft.faults
}

/** A profile as a layer beneath a map with one device. */
function profileLayer(source: YamlSource): Layer {
  const { device, signals } = partsOf(source)
  return { value: { device, signals }, source, inSource: (path) => path }
}

/** A profile as a layer beneath one of several devices; its signals are called `DEVICE.SIGNAL`. */
function namedProfileLayer(source: YamlSource, device: string): Layer {
  const parts = partsOf(source)
  const signals = keysAt(parts.signals).map((name) => {
    const signal = isRecord(parts.signals) ? parts.signals[name] : undefined
    return [`${device}.${name}`, isRecord(signal) ? { from: device, ...signal } : signal]
  })
  return {
    value: { devices: { [device]: parts.device }, signals: Object.fromEntries(signals) },
    source,
    inSource: ([part, name, ...rest]: Path): Path | undefined => {
      if (part === 'devices' && name === device) return ['device', ...rest]
      const prefix = `${device}.`
      const isOurs = part === 'signals' && String(name).startsWith(prefix)
      return isOurs ? ['signals', String(name).slice(prefix.length), ...rest] : undefined
    },
  }
}

function partsOf(source: YamlSource): Readonly<Record<string, unknown>> {
  return isRecord(source.value) ? source.value : {}
}

/** The profiles that a map draws on, as layers beneath it. */
interface FoundProfiles {
  readonly layers: readonly Layer[]
  readonly faults: readonly ConfigFault[]
  readonly texts: Readonly<Record<string, string>>
}

/** Finds the profiles that a map names, and says which are not there or have faults. */
export function findProfiles(source: YamlSource, shelf: ProfileShelf): FoundProfiles {
  const layers: Layer[] = []
  const faults: ConfigFault[] = []
  const texts: Record<string, string> = {}
  for (const { path, name, device } of wantedProfiles(source)) {
    const profile = typeof name === 'string' ? shelf.find(name) : undefined
    if (!profile) {
      const { message, hint } = shelf.fault?.() ?? unknownProfile(String(name), shelf)
      faults.push({ ...source.place(path), path: path.join('.'), message, hint })
      continue
    }
    faults.push(...profileFaults(profile))
    texts[String(name)] = profile.text
    layers.push(device === undefined ? profileLayer(profile) : namedProfileLayer(profile, device))
  }
  return { layers, faults, texts }
}

function unknownProfile(name: string, shelf: ProfileShelf): Omit<ShelfFault, 'file'> {
  const known = 'profiles are files NAME.yaml in the folder profiles beside the maps'
  return { message: `unknown profile "${name}"`, hint: mapWordHint(name, shelf.names()) ?? known }
}

/** `profile:` of the map or of its device, and those of its several devices. */
function wantedProfiles({ value }: YamlSource) {
  if (!isRecord(value)) return []
  const single: { readonly path: Path; readonly name: unknown; readonly device?: string }[] = [
    { path: ['profile'], name: value.profile },
    { path: ['device', 'profile'], name: isRecord(value.device) ? value.device.profile : undefined },
  ]
  const several = Object.entries(isRecord(value.devices) ? value.devices : {}).map(([device, settings]) => ({
    path: ['devices', device, 'profile'],
    name: isRecord(settings) ? settings.profile : undefined,
    device,
  }))
  return [...single, ...several].filter(({ name }) => name !== undefined)
}
