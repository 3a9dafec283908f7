/** The description of a profile as plain data, from which the generated page and the answers of `millrace profiles` are made. */
import { isRecord, keysAt } from '../../documents/draft.ts'
import type { Path } from '../../documents/place.ts'
import type { YamlSource } from '../../documents/yaml-source.ts'
import { ADDRESS_KEYS } from '../../domain/driver.ts'
import { type ProfileHead, profileSchema } from './profile-schema.ts'

/** A profile as people read of it. */
export interface ProfileDescription extends Omit<ProfileHead, 'signals' | 'variants' | 'device' | 'serial'> {
  readonly name: string
  /** What all models have in common, and then what each of them has besides. */
  readonly models: readonly ModelDescription[]
}

/** The part of a profile that holds for all models, or for one variant. */
export interface ModelDescription {
  /** Undefined for what all models have in common. */
  readonly variant: string | undefined
  readonly text: string | undefined
  /** Its settings as a map would write them: `unit: 1`. */
  readonly settings: readonly string[]
  /** How its serial line is set as it leaves the factory. */
  readonly line: readonly string[]
  readonly signals: readonly SignalDescription[]
}

/** One signal of a profile, each part as its file writes it. */
export interface SignalDescription {
  readonly name: string
  readonly address: string
  readonly type: string
  readonly unit: string
  readonly isOptional: boolean
  /** What else its entry says: `scale: 0.1`. */
  readonly more: readonly string[]
}

type Group = Readonly<Record<string, unknown>>

/** Keys of a signal that have a field of their own in its description. */
const OWN_KEYS: readonly string[] = [...ADDRESS_KEYS, 'type', 'unit', 'optional']

/** Undefined for a file that is no sound profile. */
export function describeProfile(name: string, source: YamlSource): ProfileDescription | undefined {
  const read = profileSchema.safeParse(source.value)
  if (!read.success) return undefined
  const { signals: _, device: _device, serial: _serial, variants, ...head } = read.data
  const parts: readonly Path[] = [[], ...Object.keys(variants ?? {}).map((variant) => ['variants', variant])]
  return { ...head, name, models: parts.map((part) => describeModel(source, part)) }
}

function describeModel(source: YamlSource, part: Path): ModelDescription {
  const group = groupAt(source.value, part)
  const variant = part[1]
  return {
    variant: variant === undefined ? undefined : String(variant),
    text: typeof group.text === 'string' ? group.text : undefined,
    settings: writtenPairs(source, [...part, 'device'], () => true),
    line: writtenPairs(source, [...part, 'serial'], () => true),
    signals: keysAt(group.signals).map((name) => describeSignal(source, [...part, 'signals', name], name)),
  }
}

function describeSignal(source: YamlSource, path: Path, name: string): SignalDescription {
  const signal = groupAt(source.value, path)
  return {
    name,
    // Letter by letter: as a number, 00001 would lose its zeros.
    address:
      ADDRESS_KEYS.map((key) => source.written([...path, key])).find((text) => text !== undefined) ?? '',
    type: String(signal.type ?? ''),
    unit: String(signal.unit ?? ''),
    isOptional: signal.optional === true,
    more: writtenPairs(source, path, (key) => !OWN_KEYS.includes(key)),
  }
}

/** Letter by letter, so that a mask stays in hexadecimal digits. */
function writtenPairs(source: YamlSource, path: Path, isMeant: (key: string) => boolean): readonly string[] {
  const pairs = Object.entries(groupAt(source.value, path)).filter(([key]) => isMeant(key))
  return pairs.map(([key, value]) => `${key}: ${source.written([...path, key]) ?? groupText(value)}`)
}

function groupText(value: unknown): string {
  const pairs = isRecord(value) ? Object.entries(value) : []
  return `{${pairs.map(([key, inside]) => `${key}: ${inside}`).join(', ')}}`
}

function groupAt(value: unknown, path: Path): Group {
  let inside: unknown = value
  for (const step of path) inside = isRecord(inside) ? inside[String(step)] : undefined
  return isRecord(inside) ? inside : {}
}
