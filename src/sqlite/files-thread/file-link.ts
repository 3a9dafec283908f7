/**
 * The main thread's link to a file in SQLite that another thread owns, so that a slow disk delays no poll. Files may share a thread,
 * because each thread takes some 13 MB of memory, most of it for Node.js itself. But a thread does one thing at a time: files whose calls
 * can take long share none with files that somebody waits for.
 */
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { threadFile } from '../../runtime/open-calls.ts'
import {
  type CalledEnd,
  CalledThread,
  type CallersEnd,
  ownThread,
  type ThreadFault,
  ThreadLink,
} from '../../runtime/thread-link.ts'
import type { FileAddress } from './owned-file.ts'

interface FileLinkParts<Setup> {
  readonly thread: CalledThread
  /** Exports how the file is opened, as `own`. */
  readonly module: URL
  readonly setup: Setup
  /** As messages name it: `the book of the feed`. */
  readonly owned: string
  /** What a caller is to throw for a fault. */
  readonly errorOf: (fault: ThreadFault) => Error
}

/** A thread for files. @param name as the system shows it, which cuts it off behind 15 characters */
export function filesThread(name: string, resourceLimits: ResourceLimits = {}): CalledThread {
  return new CalledThread(ownFilesThread(name, resourceLimits))
}

/** How such a thread is started. */
export function ownFilesThread(
  name: string,
  resourceLimits: ResourceLimits = {},
): (callers: CallersEnd) => CalledEnd {
  const file = threadFile(import.meta.url, './worker')
  return ownThread(() => new Worker(file, { name, resourceLimits }))
}

/** The file is opened by the first call. */
export class FileLink<
  Calls extends Record<keyof Calls, (...args: never[]) => unknown>,
  Setup extends FileAddress['setup'],
> extends ThreadLink<Calls> {
  constructor({ module, setup, ...parts }: FileLinkParts<Setup>) {
    const about: FileAddress = { module: module.href, setup }
    super({ ...parts, about })
  }
}
