/** Profiles of known hardware: defaults for a device and its signals, kept in `devices/profiles/NAME.yaml`. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createDraft, isRecord, keysAt } from './draft.ts'
import type { Layer } from './layers.ts'
import { type Path, readYamlFile, type YamlSource } from './yaml-source.ts'

/** Where profiles are found: the folder on disk, or what was kept with a last good map. */
export interface ProfileShelf {
  readonly names: () => readonly string[]
  readonly find: (name: string) => YamlSource | undefined
}

export const profileSchema = z
  .strictObject({
    text: z.string().optional().describe('What it is, in words.'),
    device: z.looseObject({}).optional(),
    signals: z.record(z.string(), z.looseObject({})).optional(),
  })
  .meta({ title: 'a profile' })

export function folderShelf(folder: string, cwd: string): ProfileShelf {
  const names = () => {
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => name.slice(0, -'.yaml'.length))
    } catch {
      // Without the folder there are no profiles; a map that asks for one is told so.
      return []
    }
  }
  // Only names that the folder lists are opened, so that none leads out of it.
  return {
    names,
    find: (name) => (names().includes(name) ? readYamlFile(join(folder, `${name}.yaml`), cwd) : undefined),
  }
}

/** What is wrong with a profile itself. */
export function profileFaults(source: YamlSource) {
  if (source.faults.length > 0) return source.faults
  const draft = createDraft(source)
  draft.judge([], profileSchema)
  return draft.faults
}

/** A profile as a layer beneath a map with one device. */
export function profileLayer(source: YamlSource): Layer {
  const { device, signals } = partsOf(source)
  return { value: { device, signals }, source, inSource: (path) => path }
}

/** A profile as a layer beneath one of several devices; its signals are called `DEVICE.SIGNAL`. */
export function namedProfileLayer(source: YamlSource, device: string): Layer {
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
