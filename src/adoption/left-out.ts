/** The file that keeps the events which an adoption leaves out of the log, because nobody else may have them. */
import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { eventLine } from '../buffer/stored-event.ts'
import { utcFileText } from '../domain/instant.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import { syncFolderSync } from '../runtime/files.ts'

/** The events that were left out, on their way into the file. */
export interface LeftOut extends AsyncDisposable {
  readonly add: (event: StoredEvent) => void
  /** Makes it durable. @returns its path, or undefined when nothing was left out */
  sync(): string | undefined
}

/** Lines collected before they are written. */
const LINES_MAX = 1_000

/** The file is made with the first events. With `really` false it is never made, and the events are passed over. */
export function keepLeftOut(dataFolder: string, nowMs: number, really: boolean): LeftOut {
  const path = join(dataFolder, `left-out-${utcFileText(nowMs)}.ndjson`)
  let descriptor: number | undefined
  let lines: string[] = []
  const write = () => {
    if (lines.length === 0) return
    descriptor ??= openSync(path, 'ax', 0o600)
    appendFileSync(descriptor, lines.join(''))
    lines = []
  }
  return {
    add: (event) => {
      if (!really) return
      lines.push(eventLine(event))
      if (lines.length >= LINES_MAX) write()
    },
    sync: () => {
      write()
      if (descriptor === undefined) return undefined
      fsyncSync(descriptor)
      syncFolderSync(dataFolder)
      return path
    },
    [Symbol.asyncDispose]: async () => {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}
