/** How the thread that owns the recording's file opens it. */
import type { OwnFile } from '../../sqlite/files-thread/owned-file.ts'
import type { RecordingSetup } from '../messages.ts'
import { RECORDING } from './schema.ts'
import { openStore } from './store.ts'

export const own: OwnFile<RecordingSetup> = (setup) => ({
  name: RECORDING,
  file: setup.file,
  open: () => openStore(setup),
})
