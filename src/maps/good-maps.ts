/**
 * The last good map of each subject: one file a subject in the data directory, replaced in one step.
 *
 * Such a file holds the text of the map and of the profiles and code tables that it draws on, so that it can be compiled again even
 * when these were changed or removed since. It is JSON, which is quick to read: every start reads all of these files, and
 * compiles only those whose map in the devices folder is bad.
 */
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import type { Place } from '../documents/place.ts'
import { FILE_BYTES_MAX } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { isMachine, machineOwner, type Owner, ownerCode, ownerKind, parseOwner } from '../domain/owner.ts'
import { RecordKeeper, readRecords } from '../runtime/kept-records.ts'
import { keepingFault, type SystemFault } from '../runtime/system-fault.ts'
import { recordName } from './record-name.ts'

/** The last good map of one subject, as its texts. */
export interface GoodMap {
  readonly owner: Owner
  /** The file's name within the folder of device maps. */
  readonly name: string
  /** The same as named to the user. */
  readonly file: string
  readonly loadedAtMs: number
  readonly text: string
  readonly profiles: Readonly<Record<string, string>>
  readonly tables: Readonly<Record<string, string>>
  /** A later version of its file with which the machine could not be read. */
  readonly refused?: RefusedMap | undefined
}

/** A map that went out of force again because nothing could be read with it. */
interface RefusedMap {
  /** Hash of its texts: it is not tried again before one of them changes. */
  readonly content: string
  /** What could not be read. */
  readonly why: string
}

/** Room for a map, several profiles, and the quoting of their texts. */
const KEPT_BYTES_MAX = 8 * FILE_BYTES_MAX

const content = {
  name: z.string(),
  file: z.string(),
  loaded_at: z.iso.datetime(),
  text: z.string(),
  profiles: z.record(z.string(), z.string()),
  // Earlier versions knew no tables.
  tables: z.record(z.string(), z.string()).default({}),
  refused: z.strictObject({ content: z.string(), why: z.string() }).optional(),
}

const keptSchema = z.union([
  z.strictObject({ owner: z.string().transform(parseOwner).pipe(z.custom<Owner>(Boolean)), ...content }),
  // As it was written while machines were the only subjects.
  z
    .strictObject({ machine: z.string(), ...content })
    .transform(({ machine, ...kept }) => ({ owner: machineOwner(machine), ...kept })),
])

/** All that are kept, and what is damaged of them. */
export interface GoodMaps {
  readonly maps: Map<Owner, GoodMap>
  readonly faults: readonly ConfigFault[]
}

/** All that are kept. A damaged file is named and left out; the next good reading of its map writes it again. */
export function readGoodMaps(store: string, cwd: string): GoodMaps {
  const reading = readingGoodMaps(store, cwd)
  let step = reading.next()
  while (!step.done) step = reading.next()
  return step.value
}

/** So many take a small computer some 10 ms. */
const MAPS_A_STEP = 8

/** The same in steps, between which the reader may do other work. */
export function* readingGoodMaps(store: string, cwd: string): Generator<undefined, GoodMaps> {
  const maps = new Map<Owner, GoodMap>()
  const faults: ConfigFault[] = []
  let read = 0
  for (const { path, value, fault } of readRecords(store, KEPT_BYTES_MAX)) {
    const kept = goodMapOf(value)
    if (kept) maps.set(kept.owner, kept)
    else faults.push(fault ? unread(relative(cwd, path), fault) : damaged(relative(cwd, path)))
    read += 1
    if (read % MAPS_A_STEP === 0) yield
  }
  return { maps, faults }
}

/** Where the last good maps are kept within the data folder. */
export const GOOD_MAPS_FOLDER = 'maps'

/** The file that has each subject, by its name in the folder of device maps. */
export function holdersOf(maps: ReadonlyMap<Owner, GoodMap>): ReadonlyMap<Owner, string> {
  return new Map([...maps.values()].map(({ owner, name }) => [owner, name]))
}

function goodMapOf(value: unknown): GoodMap | undefined {
  const read = keptSchema.safeParse(value)
  if (!read.success) return undefined
  const { loaded_at: loadedAt, ...kept } = read.data
  return { ...kept, loadedAtMs: Date.parse(loadedAt) }
}

function damaged(file: string): ConfigFault {
  return { file, line: 1, column: 1, path: '', message: 'this last good map is damaged and was left out' }
}

function unread(file: string, { what, hint }: SystemFault): ConfigFault {
  const message = `the last good map cannot be read, and was left out: ${what}`
  return { file, line: 1, column: 1, path: '', message, hint }
}

/** What became of what a folder is to hold. */
const FAILED = {
  good: {
    keep: 'the map is in force, but could not be kept as the last good one',
    forget: 'the last good map could not be removed',
  },
  former: {
    keep: 'a new map is in force, but the one before it could not be kept to go back to',
    forget: 'the map to go back to could not be removed, now that the new one is no more on trial',
  },
}

/** Writes and removes them, in the order in which it is asked. One for each folder. */
export class GoodMapKeeper {
  readonly #store: string
  readonly #upper: string
  readonly #failed: (typeof FAILED)[keyof typeof FAILED]
  readonly #records: RecordKeeper

  /** Nothing is written before it is asked for. @param upper the data folder; default: the one around the store */
  constructor(store: string, kind: keyof typeof FAILED, upper?: string) {
    this.#store = store
    this.#upper = upper ?? dirname(store)
    this.#failed = FAILED[kind]
    this.#records = new RecordKeeper(store, upper)
  }

  /** @returns what went wrong, once it is durable otherwise: a map that cannot be kept is in force all the same */
  async keep(map: GoodMap, place: Place): Promise<ConfigFault | undefined> {
    const { loadedAtMs, ...kept } = map
    const record = { ...kept, file: place.file, loaded_at: new Date(loadedAtMs).toISOString() }
    return this.#done(place, this.#failed.keep, () => this.#records.keep(fileName(map.owner), record))
  }

  /** Removes that of a subject. @returns what went wrong, once it is gone for good otherwise */
  forget(owner: Owner): Promise<ConfigFault | undefined> {
    const name = fileName(owner)
    const place = { file: join(this.#store, `${name}.json`), line: 1, column: 1 }
    return this.#done(place, this.#failed.forget, () => this.#records.forget(name))
  }

  async #done(place: Place, failed: string, work: () => Promise<void>): Promise<ConfigFault | undefined> {
    try {
      await work()
      return undefined
    } catch (error) {
      const { what, hint } = keepingFault(error, this.#store, this.#upper)
      return { ...place, path: '', message: `${failed}: ${what}`, hint }
    }
  }
}

/** A machine's file is called by its code alone; that of another kind as `station@CODE.json`, which no machine's can be: no name has an `@` in it. */
function fileName(owner: Owner): string {
  const code = recordName(ownerCode(owner))
  return isMachine(owner) ? code : `${ownerKind(owner)}@${code}`
}
