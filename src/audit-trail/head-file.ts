/**
 * The last record of each chain, in a file of its own beside the trail: with it a trail is recognized that was replaced by an older
 * copy of itself, cut off at its end, or deleted.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { clearPlace, replaceFileSync } from '../runtime/files.ts'
import { isOnlyUnread } from '../runtime/system-fault.ts'
import type { TrailHeads } from './messages.ts'

/** A disk that wears out is not to be written twice for each record. */
const WRITE_EVERY_MS = 60_000

const head = z.strictObject({ seq: z.number().int().nonnegative(), hash: z.string() })
const heads = z.strictObject({ gateway: head, strangers: head })

/**
 * What is known of a trail apart from itself. Undefined where nothing is.
 * @throws what the file system says where it only cannot be read now: whoever wrote on would write over it, and a replaced trail would never be found out
 */
export function knownHeads(trailFile: string): TrailHeads | undefined {
  try {
    return heads.parse(JSON.parse(readFileSync(pathBeside(trailFile), 'utf8')))
  } catch (error) {
    if (isOnlyUnread(error)) throw error
    return undefined
  }
}

/** Written by the one thread of a gateway that owns its trail. */
export class HeadFile {
  readonly file: string
  #writtenMs = Number.NEGATIVE_INFINITY

  constructor(trailFile: string) {
    this.file = pathBeside(trailFile)
  }

  /**
   * @param monoMs by the monotonic clock
   * @param isDue whatever was written lately
   * @throws what the file system says
   */
  note(known: TrailHeads, { monoMs, isDue }: { readonly monoMs: number; readonly isDue: boolean }): void {
    if (!isDue && monoMs - this.#writtenMs < WRITE_EVERY_MS) return
    clearPlace(this.file)
    replaceFileSync(this.file, `${JSON.stringify(known)}\n`)
    this.#writtenMs = monoMs
  }
}

function pathBeside(trailFile: string): string {
  return trailFile.replace(/\.db$/, '.head')
}
