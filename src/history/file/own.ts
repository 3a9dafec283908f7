/** How the thread that owns the history's file opens it. It reads the log beside the one that writes it: no poll and no commit waits for it. */
import type { OwnFile } from '../../sqlite/files-thread/owned-file.ts'
import type { HistoryFiles } from '../messages.ts'
import { HISTORY, openHistory } from './history-file.ts'

export const own: OwnFile<HistoryFiles> = (files) => ({
  name: HISTORY,
  file: files.file,
  open: () => openHistory(files),
})
