/** The main thread's end of the line to the recording's file. */
import { storeErrorsOf } from '../domain/errors.ts'
import { threadFile } from '../runtime/open-calls.ts'
import type { CalledThread } from '../runtime/thread-link.ts'
import { FileLink, filesThread } from '../sqlite/files-thread/file-link.ts'
import type { RecordingCalls, RecordingSetup } from './messages.ts'

/** The code of whatever keeps the recording from being written. Alerts are named by it. */
export const RECORDING_STOPPED = 'recording-stopped'

/** Its calls throw a StoreError for what the other thread could not do. */
export class RecordingLink extends FileLink<RecordingCalls, RecordingSetup> {
  constructor(setup: RecordingSetup, thread: CalledThread = filesThread('recording')) {
    const module = threadFile(import.meta.url, './file/own')
    super({ thread, module, setup, owned: 'the recording', errorOf: storeErrorsOf(RECORDING_STOPPED) })
  }
}
