/** Which files of the gateway share a thread, each of which takes some 13 MB of memory. */
import type { WorkerLink } from '../buffer/worker-link.ts'
import { CalledThread } from '../runtime/thread-link.ts'
import { filesThread, ownFilesThread } from '../sqlite/files-thread/file-link.ts'

/** Little is enough: the history works on one machine at a time, whatever is asked. */
const SLOW_MEMORY = { maxOldGenerationSizeMb: 128 }

export interface FileThreads {
  /**
   * The thread of the local log, for the copy of the master data, for which a scan waits, and the audit trail. A call takes no longer than
   * a commit of the log, for which the scan waits as well.
   */
  readonly quick: CalledThread
  /** For the history and the recording. A call may take a second; nothing waits for it but people. */
  readonly slow: CalledThread
}

/** @param logThread where it has ended, the trail still records how the gateway ended, in a thread of its own */
export function fileThreads(logThread: WorkerLink): FileThreads {
  const ownQuick = ownFilesThread('quick files')
  return {
    quick: new CalledThread((callers) => logThread.lineToFiles(callers) ?? ownQuick(callers)),
    slow: filesThread('slow files', SLOW_MEMORY),
  }
}
