/** The main thread's end of the line to the thread that owns the copy's file. */
import { Worker } from 'node:worker_threads'
import { storeErrorsOf } from '../domain/errors.ts'
import { threadFile } from '../runtime/open-calls.ts'
import { ThreadLink } from '../runtime/thread-link.ts'
import type { CopyCalls, CopySetup } from './messages.ts'

/** The code of whatever is wrong with the file of the copy. */
export const COPY_FAULT = 'masterdata-file'

/** Its calls throw a StoreError for what the other thread could not do. */
export class CopyLink extends ThreadLink<CopyCalls> {
  constructor(setup: CopySetup) {
    const file = threadFile(import.meta.url, './file/worker')
    const start = () => new Worker(file, { workerData: setup, name: 'masterdata' })
    super({ owned: 'the master data', start, errorOf: storeErrorsOf(COPY_FAULT) })
  }
}
