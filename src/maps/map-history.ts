/**
 * Which maps each subject had: when each came into force, who had saved its file, what it changed. Kept in the data folder, a file
 * a subject, so that somebody can look back also while the gateway is stopped. Nothing depends on it: a disk that does not take
 * it stops no machine.
 */
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { reasonText } from '../documents/yaml-source.ts'
import { type Owner, ownerCode, ownerKind, parseOwner } from '../domain/owner.ts'
import { replaceFile } from '../runtime/files.ts'
import { readPlainFile } from '../runtime/plain-file.ts'

/** Where histories are kept within the data folder. */
const HISTORY_FOLDER = 'map-history'
/** Older ones are dropped: a map that somebody works on is saved dozens of times a day. */
const ENTRIES_MAX = 200
const HISTORY_BYTES_MAX = 1024 ** 2
const PASSWORD_FILE = '/etc/passwd'

const entrySchema = z.strictObject({
  /** When it came into force, UTC. */
  at: z.iso.datetime(),
  /** As named to the user. */
  file: z.string(),
  /** Hash of the texts of the map, its profiles and its code tables. */
  content: z.string(),
  /** Whose the file is: a name, or `user 1000` where the computer knows none; null where the file was gone by then. */
  author: z.string().nullable(),
  /** When the file was last written, UTC. */
  saved: z.iso.datetime().nullable(),
  what: z.string(),
})

/** A map that came into force, or went. */
export type AppliedMap = Readonly<z.output<typeof entrySchema>>

const keptSchema = z.strictObject({
  owner: z.string().transform(parseOwner).pipe(z.custom<Owner>(Boolean)),
  maps: z.array(entrySchema),
})

/** All maps that a subject had, the newest last. */
export interface SubjectHistory {
  readonly owner: Owner
  readonly maps: readonly AppliedMap[]
}

/** Those of every subject, in the order of their names. A file that cannot be read is as if it were not there. */
export function readMapHistories(dataFolder: string): readonly SubjectHistory[] {
  const folder = join(dataFolder, HISTORY_FOLDER)
  return namesIn(folder)
    .flatMap((name) => readHistory(join(folder, name)) ?? [])
    .toSorted((a, b) => (a.owner < b.owner ? -1 : 1))
}

/** What is noted of a map; the rest is found out. */
interface Note extends Pick<AppliedMap, 'file' | 'content'> {
  readonly atMs: number
  /** Null where nobody knows: it came into force with the start of the gateway. */
  readonly what: string | null
  /** The file itself; null where it says something else by now, as that of a map that was taken back. */
  readonly path: string | null
}

/**
 * Notes that a map came into force. A start at which the same map is in force as before is no news.
 * @returns why it could not be kept; undefined where it was
 */
export function noteAppliedMap(dataFolder: string, owner: Owner, note: Note): string | undefined {
  const folder = join(dataFolder, HISTORY_FOLDER)
  const path = join(folder, fileName(owner))
  const maps = readHistory(path)?.maps ?? []
  const { file, content, atMs } = note
  const last = maps.at(-1)
  if (last?.content === content && note.what === null) return undefined
  const what = note.what ?? (last ? 'another version than before this start of the gateway' : 'the first one')
  const saved = note.path === null ? savedThen(maps, content) : savedBy(note.path)
  const entry = { at: new Date(atMs).toISOString(), file, content, ...saved, what }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    replaceFile(path, JSON.stringify({ owner, maps: [...maps, entry].slice(-ENTRIES_MAX) }))
    return undefined
  } catch (error) {
    return `the history of device maps could not be kept: ${reasonText(error)}`
  }
}

function readHistory(path: string): SubjectHistory | undefined {
  try {
    return keptSchema.parse(JSON.parse(new TextDecoder().decode(readPlainFile(path, HISTORY_BYTES_MAX))))
  } catch {
    // Never written, cut short or not readable: the history begins again.
    return undefined
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    // Nothing was ever kept.
    return []
  }
}

/** Whoever saved what came into force again, and not whoever has written something else into its file since. */
function savedThen(maps: readonly AppliedMap[], content: string): Pick<AppliedMap, 'author' | 'saved'> {
  const { author = null, saved = null } = maps.findLast((map) => map.content === content) ?? {}
  return { author, saved }
}

function savedBy(path: string): Pick<AppliedMap, 'author' | 'saved'> {
  try {
    const { uid, mtime } = statSync(path)
    return { author: userName(uid) ?? `user ${uid}`, saved: mtime.toISOString() }
  } catch {
    // The file was taken away.
    return { author: null, saved: null }
  }
}

function userName(uid: number): string | undefined {
  try {
    const lines = readFileSync(PASSWORD_FILE, 'utf8').split('\n')
    return lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0]
  } catch {
    // Another system, or users that are kept elsewhere.
    return undefined
  }
}

function fileName(owner: Owner): string {
  return `${ownerKind(owner)}@${encodeURIComponent(ownerCode(owner))}.json`
}
