/**
 * Brings a release into force. Its files are written beside the others, made durable and judged as a whole; only then it gets its name, and
 * the link to the release in force is replaced in one step. A kill or a power cut between any two steps leaves the old release in
 * force or the new one. What was left unfinished is removed with the next one. Nothing here makes a poll wait for a slow disk: hundreds of
 * files are written and made durable beside the main thread.
 */
import { lstatSync } from 'node:fs'
import { open, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ConfigFault, faultText } from '../domain/errors.ts'
import { makeFolderBelow, syncFolder } from '../runtime/files.ts'
import { ReleaseRefused } from './release-error.ts'
import { judgeReleaseFiles, type ReleaseFile } from './release-files.ts'
import {
  freeName,
  NOTE_FILE,
  provenRelease,
  type ReleaseNote,
  releasesIn,
  sweepReleases,
  UNFINISHED,
} from './release-folder.ts'
import { CURRENT, foldersOf } from './settings.ts'

/** What comes into force, before it is there. */
export interface NewRelease {
  readonly note: Omit<ReleaseNote, 'since'>
  readonly files: readonly ReleaseFile[]
}

/** A step that is done; tests end the process there. */
type InstallStep = 'written' | 'judged' | 'noted' | 'named' | 'linked' | 'in force' | 'swept'

interface InstallParts {
  readonly dataFolder: string
  /** What is wrong with the files of a release, read as the gateway would read them. */
  readonly judge: (release: string) => Promise<readonly ConfigFault[]>
  /** Calls `change` at a moment at which nobody is reading the files in force. */
  readonly between: (change: () => Promise<void>) => Promise<void>
  readonly nowMs: () => number
  readonly done?: (step: InstallStep) => void
}

/** @throws ReleaseRefused where it must not come into force; what the file system says */
export async function installRelease({ note, files }: NewRelease, parts: InstallParts): Promise<ReleaseNote> {
  const { dataFolder, between, done = () => undefined } = parts
  const current = provenRelease(dataFolder)
  if (current?.line === note.line && current.id === note.id) return current
  judgeReleaseFiles(files)
  const releases = releasesIn(dataFolder)
  const name = freeName(dataFolder, note.name)
  const unfinished = join(releases, `${UNFINISHED}${name}`)
  await sweepReleases(dataFolder)
  await makeFolderBelow(dataFolder, releases)
  const noted = await prepare({ note: { ...note, name }, files }, unfinished, parts)
  const named = join(releases, name)
  await rm(named, { recursive: true, force: true })
  await rename(unfinished, named)
  await syncFolder(releases)
  done('named')
  const link = join(releases, `${UNFINISHED}${CURRENT}`)
  await rm(link, { recursive: true, force: true })
  await symlink(name, link)
  done('linked')
  await between(async () => {
    await switchTo(link, join(releases, CURRENT))
    await syncFolder(releases)
    done('in force')
  })
  await sweepReleases(dataFolder)
  done('swept')
  return noted
}

/** Whoever copied the data folder may have made a folder of the link, which nothing can be renamed onto. */
async function switchTo(link: string, current: string): Promise<void> {
  const found = lstatSync(current, { throwIfNoEntry: false })
  if (found && !found.isSymbolicLink()) await rename(current, join(dirname(current), `${UNFINISHED}former`))
  await rename(link, current)
}

/** Writes and judges a release beside the others. Where that fails nothing of it stays: the disk may be full, and is the log's as well. */
async function prepare(
  { note, files }: NewRelease,
  unfinished: string,
  { judge, nowMs, done = () => undefined }: InstallParts,
): Promise<ReleaseNote> {
  try {
    await writeFiles(unfinished, files)
    done('written')
    const faults = await judge(unfinished)
    if (faults.length > 0) throw faulty(note.name, faults)
    done('judged')
    const noted = { ...note, since: new Date(nowMs()).toISOString() }
    await writeDurably(join(unfinished, NOTE_FILE), Buffer.from(JSON.stringify(noted, undefined, 2)))
    await syncFolder(unfinished)
    done('noted')
    return noted
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}

/** Both folders are there even where one is empty: a folder that is missing would mean that nothing is known of its files. */
async function writeFiles(release: string, files: readonly ReleaseFile[]): Promise<void> {
  const { devices, routes } = foldersOf(release)
  const paths = files.map(({ path }) => join(release, path))
  const folders = new Set([devices, routes, ...paths.flatMap((path) => foldersAbove(path, release))])
  for (const folder of folders) await makeFolderBelow(dirname(release), folder)
  for (const { path, bytes } of files) await writeDurably(join(release, path), bytes)
  for (const folder of [...folders, release]) await syncFolder(folder)
}

function foldersAbove(path: string, release: string): readonly string[] {
  const folder = dirname(path)
  return folder === release ? [] : [...foldersAbove(folder, release), folder]
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(bytes)
  await file.sync()
}

function faulty(name: string, faults: readonly ConfigFault[]): ReleaseRefused {
  const [first] = faults
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : ''
  const what = `its files have faults: ${first ? faultText(first) : ''}${more}`
  return new ReleaseRefused(
    `${name} is not taken: ${what}`,
    'mend it where it is made, and release it again',
    faults,
  )
}
