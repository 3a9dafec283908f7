/**
 * Replaces a damaged buffer by a new one that holds what could be salvaged.
 *
 * The damaged file, its -wal and its -shm are moved aside together into a dated folder; nothing is ever deleted. Where the file's name is a
 * symbolic link, the link is moved, and what it leads to stays where it is.
 *
 * Beside a file that is gone or empty SQLite would delete the write-ahead log, so it is never let near such a pair: what can be read out
 * of the write-ahead log is written into a file of its own, and that one is salvaged.
 *
 * The new file is built inside that folder first. From the moment it has its final name there, the next start finishes the move if a
 * power cut interrupts it, so that an old -wal never meets a new file.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { utcFileText } from '../../domain/instant.ts'
import { syncFolderSync } from '../../runtime/files.ts'
import { checkpoint } from '../../sqlite/database.ts'
import { PAGE_BYTES } from '../../sqlite/leaf-rows.ts'
import { isReadable, isThere, leadsTo, PARTS } from '../../sqlite/parts.ts'
import { writeCommittedPages } from '../../sqlite/write-ahead-pages.ts'
import type { Notice, WorkerSetup } from '../messages.ts'
import { attempt } from './attempt.ts'
import { Cursors } from './cursors.ts'
import { EventLog } from './event-log.ts'
import { isOfLaterState } from './foreign-parts.ts'
import { noteReplaced } from './replaced.ts'
import { type DamagedLog, type Salvaged, salvage } from './salvage.ts'
import { openBufferFile } from './schema.ts'

const FOLDER_PREFIX = 'damaged-'
/** The new log while it is made. */
const UNFINISHED = 'unfinished.db'
/** What the write-ahead log holds, where the file cannot be read: only while it is salvaged. */
const REBUILT = 'rebuilt.db'
const ONLY_CHANGES = 'only its write-ahead log could be read, which holds no more than the last changes'
/** How many stretches of lost numbers are named in the log. */
const LOST_NAMED_MAX = 100

/** What a replacement took over, and where the old file is. */
interface Replaced extends Salvaged {
  /** The folder that the damaged file is in now. */
  readonly folder: string
}

/**
 * Puts a new log in the place of a damaged one.
 * @throws what the disk says when it cannot take the new file: the damaged one then stays where it is
 */
export function replaceDamaged(setup: WorkerSetup, damaged: Omit<DamagedLog, 'file'>): Replaced {
  const { file } = setup
  const folder = join(dirname(file), `${FOLDER_PREFIX}${utcFileText(damaged.atMs)}`)
  mkdirSync(folder, { mode: 0o700 })
  // Before anything is moved into it: what lies in a folder of which the name was not synced may be gone after a power cut.
  syncFolderSync(dirname(file))
  const salvaged = salvageWithin(setup, folder, damaged)
  renameSync(join(folder, UNFINISHED), replacementIn(file, folder))
  syncFolderSync(folder)
  finish(file, folder)
  return { ...salvaged, folder }
}

function salvageWithin(
  { file, consumers }: WorkerSetup,
  folder: string,
  damaged: Omit<DamagedLog, 'file'>,
): Salvaged {
  try {
    moveUnreadable(file, folder)
    const [real, unfinished] = [leadsTo(file), join(folder, UNFINISHED)]
    const isAlone = !isReadable(real) && isReadable(`${real}-wal`)
    const isLater = isOfLaterState(file)
    if (!isAlone && !isLater) return salvageInto(unfinished, consumers, { ...damaged, file: real })
    const rebuilt = join(folder, REBUILT)
    writeCommittedPages(`${real}-wal`, rebuilt, PAGE_BYTES)
    const salvaged = isLater
      ? salvageInto(unfinished, consumers, { ...damaged, file: real, statesFile: rebuilt })
      : salvageInto(unfinished, consumers, { ...damaged, file: rebuilt })
    removeParts(rebuilt)
    return isLater ? salvaged : { ...salvaged, unreadable: ONLY_CHANGES }
  } catch (error) {
    // They are only copies yet, and they take the room that the next attempt needs.
    for (const copy of [UNFINISHED, REBUILT]) removeParts(join(folder, copy))
    attempt(() => rmdirSync(folder))
    throw error
  }
}

/**
 * With a folder, a link or a file of somebody else in the place of its write-ahead log SQLite reads nothing of a file, and without one
 * it makes one. So they have other names in the folder.
 */
function moveUnreadable(file: string, folder: string): void {
  for (const part of PARTS.slice(1)) {
    const path = file + part
    if (isThere(path) && !isReadable(path)) renameSync(path, join(folder, `${basename(path)}.found`))
  }
  syncFolderSync(folder)
}

function salvageInto(unfinished: string, consumers: WorkerSetup['consumers'], damaged: DamagedLog): Salvaged {
  const db = openBufferFile(unfinished)
  try {
    const log = new EventLog(db)
    const { delivering } = new Cursors(db, log, consumers)
    const salvaged = salvage(damaged, { db, log, delivering })
    noteReplaced(db, damaged)
    checkpoint(db)
    return salvaged
  } finally {
    db.close()
  }
}

function removeParts(file: string): void {
  for (const part of PARTS) rmSync(file + part, { force: true })
}

/** Finishes a replacement that a power cut interrupted. */
export function finishReplacements(file: string): void {
  const parent = dirname(file)
  if (!existsSync(parent)) return
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name)
    if (name.startsWith(FOLDER_PREFIX) && existsSync(replacementIn(file, folder))) finish(file, folder)
  }
}

function finish(file: string, folder: string): void {
  for (const part of PARTS) {
    if (isThere(file + part)) renameSync(file + part, join(folder, basename(file) + part))
  }
  syncFolderSync(folder)
  renameSync(replacementIn(file, folder), file)
  syncFolderSync(dirname(file))
}

function replacementIn(file: string, folder: string): string {
  return join(folder, `replacement-${basename(file)}`)
}

/** Says what was damaged, where it lies, and what was taken out of it. */
export function replacementNotice(file: string, damage: string, replaced: Replaced): Omit<Notice, 'kind'> {
  const { folder, events } = replaced
  const lost = replaced.lost.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0)
  const more = replaced.unreadable === null ? '' : `, and more may be lost (${replaced.unreadable})`
  const firstLost = replaced.lost.slice(0, LOST_NAMED_MAX).map(rangeText)
  return {
    level: 'error',
    fields: { event: 'buffer-replaced', file, damage, ...replaced, lost, firstLost },
    message:
      `buffer ${file} was damaged (${damage}) and now lies in ${folder}; a new one was begun with ${events} unacknowledged events ` +
      `out of it, ${lost} could not be read${more}. They are refused as those of another log until \`millrace buffer adopt\``,
  }
}

function rangeText({ firstSeq, lastSeq }: Replaced['lost'][number]): string {
  return firstSeq === lastSeq ? String(firstSeq) : `${firstSeq}–${lastSeq}`
}
