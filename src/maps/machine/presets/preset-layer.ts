/** What a preset lays beneath a map: the names of the values of those signals that the map, or a profile, has. */
import { isRecord, keysAt } from '../../../documents/draft.ts'
import { type Layer, layered } from '../../../documents/layers.ts'
import type { YamlSource } from '../../../documents/yaml-source.ts'
import type { Preset, PresetSignal } from './preset.ts'

/** The preset's layer, below those of profiles. Where the map names the same value, its name counts. */
export function presetLayer(source: YamlSource, layers: readonly Layer[], preset: Preset): Layer {
  const { value } = layered(source, layers)
  const written = isRecord(value) && isRecord(value.signals) ? value.signals : {}
  const known = Object.entries(preset.signals).filter(([signal]) => keysAt(written).includes(signal))
  const signals = known.map(([signal, words]) => [signal, layerOf(words, written[signal])] as const)
  return { value: { signals: Object.fromEntries(signals) } }
}

/** A server that says itself what it shows may show numbers or texts; what has a type shows only one of them. */
function layerOf({ numbers, texts, invalid }: PresetSignal, written: unknown): object {
  const type = isRecord(written) ? written.type : undefined
  const isText = type === 'string'
  const isNumber = type !== undefined && !isText
  const names = {
    ...(!isText && numbers),
    ...(!isNumber && (isText ? { ...wordsOf(numbers), ...texts } : texts)),
  }
  const none = invalid?.filter((value) => !isNumber || typeof value === 'number')
  return { names, ...(none && none.length > 0 && { invalid: none }) }
}

/** A text that is the word itself means it. */
function wordsOf(numbers: PresetSignal['numbers']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.values(numbers ?? {}).map((word) => [word, word]))
}
