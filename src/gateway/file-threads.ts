/** Which files of the gateway share a thread. The local log has one of its own (`buffer`). */
import type { CalledThread } from '../runtime/thread-link.ts'
import { filesThread } from '../sqlite/files-thread/file-link.ts'

/** Little is enough: the history works on one machine at a time, whatever is asked. */
const SLOW_MEMORY = { maxOldGenerationSizeMb: 128 }

export interface FileThreads {
  /** For the copy of the master data, for which a scan waits, and the audit trail. A call takes no longer than the disk takes for a commit. */
  readonly quick: CalledThread
  /** For the history and the recording. A call may take a second; nothing waits for it but people. */
  readonly slow: CalledThread
}

export function fileThreads(): FileThreads {
  return { quick: filesThread('quick files'), slow: filesThread('slow files', SLOW_MEMORY) }
}
