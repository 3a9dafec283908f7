/** Records that outlive a restart: each a JSON file of its own in one folder, replaced in one step, private to the gateway's user. */
import { readdirSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DiskQueue } from './disk-queue.ts'
import { clearPlace, makeFolderBelow, removeUnfinished, replaceFile, syncFolder } from './files.ts'
import { readPlainFile } from './plain-file.ts'
import { isOnlyUnread, type SystemFault, systemFault } from './system-fault.ts'

/** One file of the folder. */
interface KeptRecord {
  readonly path: string
  /** Undefined where the file is damaged, cut short or overwritten, or cannot be read. */
  readonly value: unknown
  /** Why it cannot be read, which may pass. */
  readonly fault?: SystemFault
}

/**
 * All of a folder, in the order of their names, each read when it is asked for; none where nothing was ever kept. A folder that cannot be
 * read is as one record, of its own path, that cannot be read.
 */
export function* readRecords(folder: string, bytesMax: number): Generator<KeptRecord> {
  try {
    for (const name of recordNames(folder)) yield readRecord(join(folder, name), bytesMax)
  } catch (error) {
    yield unread(folder, error)
  }
}

function readRecord(path: string, bytesMax: number): KeptRecord {
  try {
    const bytes = readPlainFile(path, bytesMax)
    return { path, value: parsed(new TextDecoder().decode(bytes)) }
  } catch (error) {
    return unread(path, error)
  }
}

function unread(path: string, error: unknown): KeptRecord {
  const fault = systemFault(error)
  return fault ? { path, value: undefined, fault } : { path, value: undefined }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever it is, nothing of it can be used.
    return undefined
  }
}

function recordNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
  } catch (error) {
    // Nothing was ever kept; or something else lies in its place, and is said once something is to be kept.
    if (isOnlyUnread(error)) throw error
    return []
  }
}

/**
 * Writes such records. What is asked for is done in its order, and nobody else in this thread waits for the disk: a record that is
 * forgotten while it is still being written is gone afterwards. One for each folder.
 */
export class RecordKeeper {
  readonly #folder: string
  readonly #upper: string
  readonly #queue = new DiskQueue()
  #isSwept = false
  /** A name is gone of which the disk may still know. */
  #hasUnsynced = false

  /** @param upper a folder around it that is never made; default: the next one */
  constructor(folder: string, upper = dirname(folder)) {
    this.#folder = folder
    this.#upper = upper
  }

  /**
   * @param name of the file, without its ending
   * @returns when it is durable
   * @throws what the file system says
   */
  keep(name: string, value: object): Promise<void> {
    const text = JSON.stringify(value)
    return this.#do(async () => {
      await makeFolderBelow(this.#upper, this.#folder)
      const path = this.#pathOf(name)
      clearPlace(path)
      await replaceFile(path, text)
    })
  }

  /**
   * @returns when it is gone for good, also over a power cut
   * @throws what the file system says: then it may still be there
   */
  forget(name: string): Promise<void> {
    return this.#do(async () => {
      try {
        await unlink(this.#pathOf(name))
        this.#hasUnsynced = true
      } catch (error) {
        if (isOnlyUnread(error)) throw error
      }
      // Most of what is forgotten was never kept: no disk is asked for that.
      if (this.#hasUnsynced) await syncFolder(this.#folder)
      this.#hasUnsynced = false
    })
  }

  /** Before the first one, what an earlier life of the program was just writing is removed. */
  #do(work: () => Promise<void>): Promise<void> {
    return this.#queue.do(async () => {
      if (!this.#isSwept) await removeUnfinished(this.#folder)
      this.#isSwept = true
      await work()
    })
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}.json`)
  }
}
