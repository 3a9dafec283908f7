/** A profile as layers beneath a device map: its variant above what all models have in common, the map's own words put in. */
import { isRecord, keysAt } from '../../documents/draft.ts'
import type { Layer } from '../../documents/layers.ts'
import type { Path } from '../../documents/place.ts'
import type { YamlSource } from '../../documents/yaml-source.ts'
import { filled } from './placeholders.ts'

/** How a map draws on a profile. */
interface ProfileUse {
  /** The one of several devices that it lies beneath; its signals are then called `DEVICE.SIGNAL`. */
  readonly device: string | undefined
  readonly variant: string | undefined
  /** Whether the map reads it over a serial port of this computer. */
  readonly isSerial: boolean
  /** What the map says for the profile's parameters, and what holds unless it does. */
  readonly words: Readonly<Record<string, string>>
  /** By which the map may name signals: an optional one is read only where it does. */
  readonly mentioned: ReadonlySet<string>
}

type Group = Readonly<Record<string, unknown>>

/** The layers of one profile, the upper one first. */
export function profileLayers(source: YamlSource, use: ProfileUse): readonly Layer[] {
  const parts: readonly Path[] = use.variant === undefined ? [[]] : [['variants', use.variant], []]
  const signals = parts.map((part) => signalsOf(source, part) ?? {})
  const unread = unreadSignals(signals, use)
  return parts.map((part) => partLayer(source, part, use, unread))
}

/** Keys whose texts name signals: `reason: from stop_id`, `from: cycles`. */
const NAMING_KEYS: readonly string[] = ['reason', 'from']

/** Every word by which a map may name a signal: its keys, and what stands in texts that name signals. */
export function namesInMap(value: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  // YAML's aliases may lead in a circle.
  const seen = new Set<unknown>()
  const gather = (inside: unknown) => {
    if (typeof inside !== 'object' || inside === null || seen.has(inside)) return
    seen.add(inside)
    for (const [key, item] of Object.entries(inside)) {
      names.add(key)
      const isNaming = NAMING_KEYS.includes(key) && typeof item === 'string'
      for (const word of isNaming ? item.split(/[\s,]+/) : []) names.add(word)
      gather(item)
    }
  }
  gather(value)
  return names
}

/** Signals that the map does not name, and that are optional for all models or for this one. */
function unreadSignals(parts: readonly Group[], use: ProfileUse): ReadonlySet<string> {
  const optional = parts.flatMap((signals) =>
    keysAt(signals).filter((name) => isRecord(signals[name]) && signals[name].optional === true),
  )
  return new Set(optional.filter((name) => !use.mentioned.has(nameInMap(name, use))))
}

function partLayer(source: YamlSource, part: Path, use: ProfileUse, unread: ReadonlySet<string>): Layer {
  const { device, serial, signals: written } = groupAt(source, part)
  const settings = use.isSerial && isRecord(serial) ? { ...serial, ...(isRecord(device) && device) } : device
  const signals = signalsOf(source, part)
  const read = Object.entries(signals ?? {}).filter(([name]) => !unread.has(name))
  const named = read.map(([name, signal]) => [nameInMap(name, use), signalOf(signal, use)])
  const inDevice = placeIn(part, use)
  const inSource = (path: Path) => {
    const inside = inDevice(path)
    const key = inside?.[part.length] === 'device' ? inside[part.length + 1] : undefined
    const isOfLine = use.isSerial && key !== undefined && isRecord(serial) && key in serial
    return isOfLine ? [...part, 'serial', key] : inside
  }
  return {
    value: {
      ...(use.device === undefined ? { device: settings } : { devices: { [use.device]: settings ?? {} } }),
      signals: signals === undefined ? written : Object.fromEntries(named),
    },
    source,
    inSource,
    written: (path) => {
      const inside = inSource(path)
      const written = inside && source.written(inside)
      return written === undefined ? undefined : filled(written, use.words)
    },
  }
}

/** A signal as a map would write it. */
function signalOf(signal: unknown, use: ProfileUse): unknown {
  if (!isRecord(signal)) return signal
  const { optional: _, ...written }: Group = signal
  const from = use.device === undefined ? {} : { from: use.device }
  const node = typeof written.node === 'string' ? { node: filled(written.node, use.words) } : {}
  return { ...from, ...written, ...node }
}

function nameInMap(signal: string, { device }: ProfileUse): string {
  return device === undefined ? signal : `${device}.${signal}`
}

/** Where in the profile's file a path of the map stands. */
function placeIn(part: Path, { device }: ProfileUse): (path: Path) => Path | undefined {
  if (device === undefined) return (path) => [...part, ...path]
  return ([group, name, ...rest]) => {
    if (group === 'devices' && name === device) return [...part, 'device', ...rest]
    const prefix = `${device}.`
    const isOurs = group === 'signals' && String(name).startsWith(prefix)
    return isOurs ? [...part, 'signals', String(name).slice(prefix.length), ...rest] : undefined
  }
}

function signalsOf(source: YamlSource, part: Path): Group | undefined {
  const { signals } = groupAt(source, part)
  return isRecord(signals) ? signals : undefined
}

function groupAt({ value }: YamlSource, part: Path): Group {
  let inside: unknown = value
  for (const step of part) inside = isRecord(inside) ? inside[step] : undefined
  return isRecord(inside) ? inside : {}
}

/** The variants of a profile, by their names. */
export function variantsOf({ value }: YamlSource): readonly string[] {
  return isRecord(value) ? keysAt(value.variants) : []
}
