/**
 * The last good map of each machine, one file a machine in the data directory, replaced in one step.
 *
 * A file holds the map's own text and those of its profiles, so that it can be understood again whatever became of them.
 * It is JSON: a start reads all of them, and they are only understood as maps where the file in force is bad.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { FILE_BYTES_MAX, type Place, reasonText } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { replaceFile } from '../runtime/files.ts'

export interface GoodMap {
  readonly machine: string
  /** The file's name within the folder of device maps. */
  readonly name: string
  /** The same as named to the user. */
  readonly file: string
  readonly loadedAtMs: number
  readonly text: string
  readonly profiles: Readonly<Record<string, string>>
}

/** A map, its profiles, and what quoting adds to them. */
const KEPT_BYTES_MAX = 8 * FILE_BYTES_MAX

const keptSchema = z.strictObject({
  machine: z.string(),
  name: z.string(),
  file: z.string(),
  loaded_at: z.iso.datetime(),
  text: z.string(),
  profiles: z.record(z.string(), z.string()),
})

/** All that are kept. A damaged one is named and left out; the map itself will be kept again at its next good reading. */
export function readGoodMaps(store: string, cwd: string) {
  const maps = new Map<string, GoodMap>()
  const faults: ConfigFault[] = []
  for (const name of storedNames(store)) {
    const path = join(store, name)
    const kept = readGoodMap(path)
    if (kept) maps.set(kept.machine, kept)
    else faults.push(damaged(relative(cwd, path)))
  }
  return { maps, faults }
}

function readGoodMap(path: string): GoodMap | undefined {
  try {
    if (statSync(path).size > KEPT_BYTES_MAX) return undefined
    const { loaded_at: loadedAt, ...kept } = keptSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return { ...kept, loadedAtMs: Date.parse(loadedAt) }
  } catch {
    // Cut short, overwritten or not readable: whatever it is, nothing of it can be used.
    return undefined
  }
}

function damaged(file: string): ConfigFault {
  return { file, line: 1, column: 1, path: '', message: 'this last good map is damaged and was left out' }
}

function storedNames(store: string): readonly string[] {
  try {
    return readdirSync(store)
      .filter((name) => name.endsWith('.json'))
      .sort()
  } catch {
    // Nothing was ever kept.
    return []
  }
}

/** @returns what went wrong: a map that cannot be kept is in force all the same */
export function keepGoodMap(store: string, map: Omit<GoodMap, 'file'>, place: Place): readonly ConfigFault[] {
  const { loadedAtMs, ...kept } = map
  const record = { ...kept, file: place.file, loaded_at: new Date(loadedAtMs).toISOString() }
  try {
    mkdirSync(store, { recursive: true, mode: 0o700 })
    replaceFile(join(store, fileName(map.machine)), JSON.stringify(record))
    return []
  } catch (error) {
    const message = `the map is in force, but could not be kept as the last good one: ${reasonText(error)}`
    return [{ ...place, path: '', message, hint: `make ${store} writable` }]
  }
}

export function forgetGoodMap(store: string, machine: string): void {
  try {
    rmSync(join(store, fileName(machine)), { force: true })
  } catch {
    // It stays on a disk that cannot be written, and is asked for again at the next reading.
  }
}

/** Machine codes may hold characters that file names may not. */
function fileName(machine: string): string {
  return `${encodeURIComponent(machine)}.json`
}
