/** Which files of the gateway share a thread. The local log has one of its own (`buffer`). */
import type { CalledThread } from '../runtime/thread-link.ts'
import { filesThread } from '../sqlite/files-thread/file-link.ts'

/** The history works on one machine at a time, so that little is enough whatever is asked. */
const SLOW_MEMORY = { maxOldGenerationSizeMb: 128 }

export interface FileThreads {
  /** A call to them takes no longer than the disk takes for a commit: the copy of the master data, for which a scan waits, and the audit trail. */
  readonly quick: CalledThread
  /** A call to them may take a second, for which nothing waits but people: the history and the recording. */
  readonly slow: CalledThread
}

export function fileThreads(): FileThreads {
  return { quick: filesThread('quick files'), slow: filesThread('slow files', SLOW_MEMORY) }
}
