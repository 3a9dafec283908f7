/** The main thread's end of the line to the copy's file. */
import { storeErrorsOf } from '../domain/errors.ts'
import { threadFile } from '../runtime/open-calls.ts'
import type { CalledThread } from '../runtime/thread-link.ts'
import { FileLink, filesThread } from '../sqlite/files-thread/file-link.ts'
import type { CopyCalls, CopySetup } from './messages.ts'

/** The code of whatever is wrong with the file of the copy. */
export const COPY_FAULT = 'masterdata-file'

/** Its calls throw a StoreError for what the other thread could not do. */
export class CopyLink extends FileLink<CopyCalls, CopySetup> {
  constructor(setup: CopySetup, thread: CalledThread = filesThread('masterdata')) {
    const module = threadFile(import.meta.url, './file/own')
    super({ thread, module, setup, owned: 'the master data', errorOf: storeErrorsOf(COPY_FAULT) })
  }
}
