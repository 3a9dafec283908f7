/** Records that outlive a restart: each a JSON file of its own in one folder, replaced in one step, private to the gateway's user. */
import { readdirSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DiskQueue } from './disk-queue.ts'
import { clearPlace, replaceFile } from './files.ts'
import { readPlainFile } from './plain-file.ts'

/** One file of the folder. */
interface KeptRecord {
  readonly path: string
  /** Undefined where the file is damaged: cut short, overwritten or not readable. */
  readonly value: unknown
}

/** All of a folder, in the order of their names, each read when it is asked for; none where nothing was ever kept. */
export function* readRecords(folder: string, bytesMax: number): Generator<KeptRecord> {
  for (const name of recordNames(folder)) {
    const path = join(folder, name)
    yield { path, value: readRecord(path, bytesMax) }
  }
}

function readRecord(path: string, bytesMax: number): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(readPlainFile(path, bytesMax)))
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
  } catch {
    // Nothing was ever kept.
    return []
  }
}

/**
 * Writes such records. What is asked for is done in its order, and nobody else in this thread waits for the disk: a record that is
 * forgotten while it is still being written is gone afterwards. One for each folder.
 */
export class RecordKeeper {
  readonly #folder: string
  readonly #queue: DiskQueue

  /** @param queue that of several folders whose records are written in one order */
  constructor(folder: string, queue = new DiskQueue()) {
    this.#folder = folder
    this.#queue = queue
  }

  /**
   * @param name of the file, without its ending
   * @returns when it is durable
   * @throws what the file system says
   */
  keep(name: string, value: object): Promise<void> {
    const text = JSON.stringify(value)
    return this.#queue.do(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      const path = this.#pathOf(name)
      clearPlace(path)
      await replaceFile(path, text)
    })
  }

  /** On a disk that cannot be written the file stays, and the next reading tries again to remove it. */
  forget(name: string): Promise<void> {
    return this.#queue.do(() => rm(this.#pathOf(name), { force: true }).catch(() => undefined))
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}.json`)
  }
}
