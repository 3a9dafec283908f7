/**
 * Which maps each subject had: when each came into force, who had saved its file, what it changed. Kept in the data folder, a file
 * a subject, so that somebody can look back also while the gateway is stopped. Nothing depends on it: a disk that does not take
 * it stops no machine.
 */
import { readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { z } from 'zod'
import { type Owner, ownerCode, ownerKind, parseOwner } from '../domain/owner.ts'
import { clearPlace, makeFolderBelow, removeUnfinished, replaceFile } from '../runtime/files.ts'
import { readPlainText } from '../runtime/plain-file.ts'
import { isOnlyUnread, keepingFault, type SystemFault } from '../runtime/system-fault.ts'
import type { ConsoleSave } from './edit/console-saves.ts'
import type { MapTexts } from './map-texts.ts'
import { recordName } from './record-name.ts'

/** Where histories are kept within the data folder. */
const HISTORY_FOLDER = 'map-history'
/** Older ones are dropped: a map that somebody works on is saved dozens of times a day. */
const ENTRIES_MAX = 200
/** Of older ones the texts are dropped. */
const TEXTS_MAX = 50
/** Packed, of one subject: dozens of versions of a map of usual size. The newest is kept whatever its size. */
const TEXTS_BYTES_MAX = 512 * 1024
/** Room for these, and for the packed texts of one map of the largest size. */
const HISTORY_BYTES_MAX = 12 * 1024 ** 2
/** A map of the largest size with several profiles, unpacked. */
const PLAIN_BYTES_MAX = 32 * 1024 ** 2
const PASSWORD_FILE = '/etc/passwd'

const entrySchema = z.strictObject({
  /** When it came into force, UTC. */
  at: z.iso.datetime(),
  /** As named to the user. */
  file: z.string(),
  /** Hash of the texts of the map, its profiles and its code tables. */
  content: z.string(),
  /**
   * Who had saved it: who was signed in at the console, or whose the file is: a name, or `user 1000` where the computer knows none;
   * null where the file was gone by then.
   */
  author: z.string().nullable(),
  /** When the file was last written, UTC. */
  saved: z.iso.datetime().nullable(),
  what: z.string(),
  /** What it was made of, packed. Earlier versions kept none. */
  texts: z.string().optional(),
})

type Entry = Readonly<z.output<typeof entrySchema>>

/** A map that came into force, or went. */
export interface AppliedMap extends Omit<Entry, 'texts'> {
  /** Its texts are kept, so that it can be looked at and restored. */
  readonly isKept: boolean
}

const keptSchema = z.strictObject({
  owner: z.string().transform(parseOwner).pipe(z.custom<Owner>(Boolean)),
  maps: z.array(entrySchema),
})

type KeptHistory = Readonly<z.output<typeof keptSchema>>

/** All maps that a subject had, the newest last. */
export interface SubjectHistory {
  readonly owner: Owner
  readonly maps: readonly AppliedMap[]
}

/**
 * Those of every subject, in the order of their names. A file that cannot be read is as if it were not there. They may be hundreds of MB:
 * one is read after the other, and whoever else is in this thread has turns in between.
 */
export async function readMapHistories(dataFolder: string): Promise<readonly SubjectHistory[]> {
  const folder = join(dataFolder, HISTORY_FOLDER)
  const histories: SubjectHistory[] = []
  for (const name of await namesIn(folder)) {
    const kept = await readIfPossible(join(folder, name))
    if (kept) histories.push(historyOf(kept))
  }
  return histories.toSorted((a, b) => (a.owner < b.owner ? -1 : 1))
}

/** That of one subject; without any map where none was ever in force here. */
export async function readMapHistory(dataFolder: string, owner: Owner): Promise<SubjectHistory> {
  return historyOf(
    (await readIfPossible(join(dataFolder, HISTORY_FOLDER, fileName(owner)))) ?? { owner, maps: [] },
  )
}

/** What a version of a subject's map was made of; undefined where that is not kept, or not any more. */
export async function readMapVersion(
  dataFolder: string,
  owner: Owner,
  content: string,
): Promise<MapTexts | undefined> {
  const { maps = [] } = (await readIfPossible(join(dataFolder, HISTORY_FOLDER, fileName(owner)))) ?? {}
  return unpacked(maps.find((map) => map.content === content && map.texts !== undefined)?.texts)
}

function historyOf({ owner, maps }: KeptHistory): SubjectHistory {
  const kept = new Set(maps.filter(({ texts }) => texts !== undefined).map(({ content }) => content))
  return { owner, maps: maps.map(({ texts: _, ...map }) => ({ ...map, isKept: kept.has(map.content) })) }
}

/** Removes what an earlier life of the gateway was just writing. Not while anything is noted. */
export function sweepMapHistories(dataFolder: string): Promise<void> {
  return removeUnfinished(join(dataFolder, HISTORY_FOLDER))
}

/** Who had saved a file, at the moment at which its map came into force or went. */
interface SavedThen {
  /** Who was signed in where it was saved or removed in the console, and when that was. */
  readonly inConsole: ConsoleSave | undefined
  /** What the file itself says; null where it says something else by now, as that of a map that was taken back. */
  readonly byFile: Saved | null
}

/** What is noted of a map; the rest is found out. */
interface Note extends Pick<AppliedMap, 'file' | 'content'> {
  readonly atMs: number
  /** Null where nobody knows: it came into force with the start of the gateway. */
  readonly what: string | null
  readonly saved: SavedThen
  /** What it was made of; undefined where that is not known, as of a map that went. */
  readonly texts: MapTexts | undefined
}

/**
 * Notes that a map came into force. A start at which the same map is in force as before is no news. Nobody else in this thread waits
 * for the disk; two notes of one subject must not overlap.
 * @returns why it could not be kept; undefined where it is durable
 */
export async function noteAppliedMap(
  dataFolder: string,
  owner: Owner,
  note: Note,
): Promise<SystemFault | undefined> {
  const folder = join(dataFolder, HISTORY_FOLDER)
  try {
    await noteIn(join(folder, fileName(owner)), owner, note)
    return undefined
  } catch (error) {
    return keepingFault(error, folder)
  }
}

async function noteIn(path: string, owner: Owner, note: Note): Promise<void> {
  const maps = (await readHistory(path))?.maps ?? []
  const { file, content, atMs } = note
  const last = maps.at(-1)
  if (last?.content === content && note.what === null) return completed(path, { owner, maps }, note)
  const what = note.what ?? (last ? 'another version than before this start of the gateway' : 'the first one')
  const saved = savedInConsole(note, last) ?? note.saved.byFile ?? savedBefore(maps, content)
  const entry = { at: new Date(atMs).toISOString(), file, content, ...saved, what }
  await keep(path, { owner, maps: [...maps, withTexts(entry, note)] })
}

/** The history of an earlier version has no text of the map that is in force: it could not be restored once it is changed. */
async function completed(path: string, { owner, maps }: KeptHistory, note: Note): Promise<void> {
  const isKept = maps.some(({ content, texts }) => content === note.content && texts !== undefined)
  const last = maps.at(-1)
  if (isKept || !last || !note.texts) return
  await keep(path, { owner, maps: [...maps.slice(0, -1), withTexts(last, note)] })
}

async function keep(path: string, { owner, maps }: KeptHistory): Promise<void> {
  const folder = dirname(path)
  await makeFolderBelow(dirname(folder), folder)
  clearPlace(path)
  await replaceFile(path, JSON.stringify({ owner, maps: bounded(maps.slice(-ENTRIES_MAX)) }))
}

/** Each version has its texts once, at the newest map that has it, as long as there is room. */
function bounded(maps: readonly Entry[]): readonly Entry[] {
  const kept = new Set<string>()
  let bytes = 0
  const newestFirst = maps.toReversed().map(({ texts, ...map }) => {
    const packed = texts ?? maps.find(({ content, texts }) => content === map.content && texts)?.texts
    if (packed === undefined || kept.has(map.content)) return map
    bytes += packed.length
    const hasRoom = kept.size === 0 || (kept.size < TEXTS_MAX && bytes <= TEXTS_BYTES_MAX)
    if (!hasRoom) return map
    kept.add(map.content)
    return { ...map, texts: packed }
  })
  return newestFirst.toReversed()
}

function withTexts(entry: Entry, { texts }: Note): Entry {
  return texts ? { ...entry, texts: packed(texts) } : entry
}

function packed({ text, profiles, tables }: MapTexts): string {
  return deflateRawSync(JSON.stringify({ text, profiles, tables })).toString('base64')
}

const textsSchema = z.strictObject({
  text: z.string(),
  profiles: z.record(z.string(), z.string()),
  tables: z.record(z.string(), z.string()),
})

function unpacked(texts: string | undefined): MapTexts | undefined {
  if (texts === undefined) return undefined
  try {
    const plain = inflateRawSync(Buffer.from(texts, 'base64'), { maxOutputLength: PLAIN_BYTES_MAX })
    return textsSchema.parse(JSON.parse(plain.toString('utf8')))
  } catch {
    // Damaged: as if it were not kept.
    return undefined
  }
}

/**
 * Undefined where none was ever written, or it is damaged: then it begins again.
 * @throws what the file system says: what cannot be read now may be read later, and nothing must be written over it
 */
async function readHistory(path: string): Promise<KeptHistory | undefined> {
  try {
    return keptSchema.parse(JSON.parse(await readPlainText(path, HISTORY_BYTES_MAX)))
  } catch (error) {
    if (isOnlyUnread(error)) throw error
    return undefined
  }
}

/** For whoever only looks back: what cannot be read is as if it were not there. */
function readIfPossible(path: string): Promise<KeptHistory | undefined> {
  return readHistory(path).catch(() => undefined)
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json'))
  } catch {
    // Nothing was ever kept.
    return []
  }
}

type Saved = Pick<Entry, 'author' | 'saved'>

/** Whoever was signed in at the console, where what came into force or went had just been saved or removed there. */
function savedInConsole(
  { content, saved: { inConsole, byFile } }: Note,
  last: Entry | undefined,
): Saved | undefined {
  const isTakenBack = byFile === null && content !== ''
  if (isTakenBack || !inConsole || inConsole.atMs <= (last ? Date.parse(last.at) : 0)) return undefined
  return { author: inConsole.author, saved: new Date(inConsole.atMs).toISOString() }
}

/** Whoever saved what came into force again, and not whoever has written something else into its file since. */
function savedBefore(maps: readonly Entry[], content: string): Saved {
  const isGone = content === ''
  const { author = null, saved = null } =
    (isGone ? undefined : maps.findLast((map) => map.content === content)) ?? {}
  return { author, saved }
}

/** What a file says of who has saved it last, and when. */
export function savedBy(path: string): Saved {
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
  return `${ownerKind(owner)}@${recordName(ownerCode(owner))}.json`
}
