/** The recording that is kept in the repository, for machines on which nothing can be recorded. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canRecord, record } from './record.ts'
import { keepRecording, keptRecording, type Recording } from './recording.ts'

export const KEPT_FILE = fileURLToPath(new URL('./recorded-life.br', import.meta.url))
/** Long enough that the write-ahead log is emptied by the way too, and not only when the log is closed. */
export const KEPT_ROUNDS = 6

/** A life recorded at this moment where that is possible, and otherwise the one that is kept; and in words, which of the two. */
export function recordingForNow(rounds: number): { readonly recording: Recording; readonly which: string } {
  if (canRecord()) return { recording: record(rounds), which: 'recorded just now with strace' }
  const recording = keptRecording(KEPT_FILE)
  const why = 'strace is not installed here, or not allowed'
  return {
    recording,
    which: `the recording in the repository, made on ${recording.madeAt.slice(0, 10)} (${why})`,
  }
}

/** Keeps a recording in which a cut broke a law, because the next one that is made differs. @returns the file */
export function keepForReplay(recording: Recording): string {
  const file = join(tmpdir(), `millrace-recorded-life-${process.pid}-${Date.now()}.br`)
  keepRecording(file, recording)
  return file
}
