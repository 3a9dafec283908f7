/**
 * Where releases are kept in the data folder: each in a folder of its own, which is never changed once it has its name, and a link
 * `current` to the one in force. The link is replaced in one step, so that there is the old release or the new one, never a mixture.
 */
import { lstatSync, readlinkSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readPlainFile } from '../runtime/plain-file.ts'
import { readFilesAhead } from '../runtime/read-ahead.ts'
import { isOnlyUnread } from '../runtime/system-fault.ts'
import { CURRENT, RELEASES_FOLDER } from './settings.ts'

/** What is said of a release; kept in it, so that it comes into force together with its files. */
export interface ReleaseNote {
  /** Unique among the releases of this gateway; the name of its folder. */
  readonly name: string
  readonly kind: 'git' | 'bundle'
  /** As people name the place that it came from, without any login. */
  readonly from: string
  /** What numbers are compared within: the same key or repository. */
  readonly line: string
  /** Never goes back: the number of a bundle, the date of a commit in seconds since 1970. */
  readonly counter: number
  /** Of a commit; of a bundle the hash of its manifest. */
  readonly id: string
  /** Who has signed it, as far as that is known. */
  readonly signer: string | null
  /** When it came into force here, UTC. */
  readonly since: string
}

const noteSchema: z.ZodType<ReleaseNote> = z.strictObject({
  name: z.string(),
  kind: z.enum(['git', 'bundle']),
  from: z.string(),
  line: z.string(),
  counter: z.number(),
  id: z.string(),
  signer: z.string().nullable(),
  since: z.iso.datetime(),
})

/** The file of a release that holds its note. */
export const NOTE_FILE = 'release.json'
/** What is not finished begins with it. */
export const UNFINISHED = '.unfinished-'

const NOTE_BYTES_MAX = 65_536

/** All releases. */
export function releasesIn(dataFolder: string): string {
  return join(dataFolder, RELEASES_FOLDER)
}

/** What the release in force says of itself. */
export function noteInForce(dataFolder: string): string {
  return join(releasesIn(dataFolder), CURRENT, NOTE_FILE)
}

/** The release in force; undefined where none has come into force yet, and where it cannot be read now. */
export function currentRelease(dataFolder: string): ReleaseNote | undefined {
  try {
    return provenRelease(dataFolder)
  } catch {
    return undefined
  }
}

/**
 * The same for whoever lets another one come into force: what only cannot be read now must not be taken for none, over which any older
 * release would come.
 * @throws what the file system says
 */
export function provenRelease(dataFolder: string): ReleaseNote | undefined {
  return noteIn(join(releasesIn(dataFolder), CURRENT))
}

/**
 * A name for a new release that is not the one of the release in force: the same commit or bundle comes again where it is fetched from
 * another place, and the folder in force is never touched.
 */
export function freeName(dataFolder: string, name: string): string {
  return linkIn(releasesIn(dataFolder)) === name ? `${name}-again` : name
}

function noteIn(release: string): ReleaseNote | undefined {
  try {
    const bytes = readPlainFile(join(release, NOTE_FILE), NOTE_BYTES_MAX)
    return noteSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (error) {
    if (isOnlyUnread(error)) throw error
    // There is none, or it was taken away by hand: the next one that is found counts as the first.
    return undefined
  }
}

/**
 * Removes what was never finished, and all releases but the one in force and the one before it: hundreds of files, for which nobody else in
 * this thread waits.
 */
export async function sweepReleases(dataFolder: string): Promise<void> {
  const folder = releasesIn(dataFolder)
  const names = await readdir(folder).catch(() => [])
  await readFilesAhead(names.map((name) => join(folder, name, NOTE_FILE)))
  const current = linkIn(folder)
  const older = names
    .filter((name) => !name.startsWith('.') && name !== CURRENT && name !== current)
    .toSorted((a, b) => sinceOf(join(folder, b)).localeCompare(sinceOf(join(folder, a))))
  const unfinished = names.filter((name) => name.startsWith(UNFINISHED))
  for (const name of [...unfinished, ...older.slice(1)])
    await rm(join(folder, name), { recursive: true, force: true })
}

function sinceOf(release: string): string {
  return noteIn(release)?.since ?? ''
}

function linkIn(folder: string): string | undefined {
  const link = join(folder, CURRENT)
  return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(link) : undefined
}
