/** The main thread's end of the line to the thread that owns the recording's file. */
import { Worker } from 'node:worker_threads'
import { storeErrorsOf } from '../domain/errors.ts'
import { threadFile } from '../runtime/open-calls.ts'
import { ThreadLink } from '../runtime/thread-link.ts'
import type { RecordingCalls, RecordingSetup } from './messages.ts'

/** The code of whatever keeps the recording from being written. Alerts are named by it. */
export const RECORDING_STOPPED = 'recording-stopped'

/** Its calls throw a StoreError for what the other thread could not do. */
export class RecordingLink extends ThreadLink<RecordingCalls> {
  constructor(setup: RecordingSetup) {
    const file = threadFile(import.meta.url, './file/worker')
    const start = () => new Worker(file, { workerData: setup, name: 'recording' })
    super({ owned: 'the recording', start, errorOf: storeErrorsOf(RECORDING_STOPPED) })
  }
}
