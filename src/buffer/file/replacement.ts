/**
 * Replaces a damaged buffer by a new one that holds what could be salvaged.
 *
 * The damaged file, its -wal and its -shm are moved aside together into a dated folder; nothing is ever deleted. The new
 * file is built inside that folder first: from the moment it has its final name there, the move is finished at the next
 * start if a power cut interrupts it, so that an old -wal never meets a new file.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { utcText } from '../../domain/instant.ts'
import { syncFolder } from '../../runtime/files.ts'
import { checkpoint } from '../../sqlite/database.ts'
import type { Notice, WorkerSetup } from '../messages.ts'
import { Cursors } from './cursors.ts'
import { EventLog } from './event-log.ts'
import { noteReplaced } from './replaced.ts'
import { type DamagedLog, type Salvaged, salvage } from './salvage.ts'
import { openBufferFile } from './schema.ts'
import { PARTS } from './whereabouts.ts'

const FOLDER_PREFIX = 'damaged-'
/** How many stretches of lost numbers are named in the log. */
const LOST_NAMED_MAX = 100

/** What a replacement took over, and where the old file is. */
interface Replaced extends Salvaged {
  /** The folder that the damaged file is in now. */
  readonly folder: string
}

/** @throws what the disk says when it cannot take the new file: the damaged one then stays where it is */
export function replaceDamaged(setup: WorkerSetup, damaged: Omit<DamagedLog, 'file'>): Replaced {
  const { file } = setup
  const folder = join(dirname(file), `${FOLDER_PREFIX}${utcText(damaged.atMs).replaceAll(':', '')}`)
  mkdirSync(folder, { mode: 0o700 })
  // Before anything is moved into it: what lies in a folder of which the name was not synced may be gone after a power cut.
  syncFolder(dirname(file))
  const unfinished = join(folder, 'unfinished.db')
  const salvaged = salvageInto(unfinished, setup.consumers, { ...damaged, file })
  renameSync(unfinished, replacementIn(file, folder))
  syncFolder(folder)
  finish(file, folder)
  return { ...salvaged, folder }
}

function salvageInto(unfinished: string, consumers: WorkerSetup['consumers'], damaged: DamagedLog): Salvaged {
  try {
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
  } catch (error) {
    // The folder holds only copies yet, and they take the room that the next attempt needs.
    rmSync(dirname(unfinished), { recursive: true })
    throw error
  }
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
    if (existsSync(file + part)) renameSync(file + part, join(folder, basename(file) + part))
  }
  syncFolder(folder)
  renameSync(replacementIn(file, folder), file)
  syncFolder(dirname(file))
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
      `buffer ${file} was damaged and now lies in ${folder}; a new one was begun with ${events} unacknowledged events ` +
      `out of it, ${lost} could not be read${more}. They are refused as those of another log until \`millrace buffer adopt\``,
  }
}

function rangeText({ firstSeq, lastSeq }: Replaced['lost'][number]): string {
  return firstSeq === lastSeq ? String(firstSeq) : `${firstSeq}–${lastSeq}`
}
