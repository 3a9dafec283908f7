/**
 * The thread that owns the buffer's file, so that a slow disk delays no poll: answers calls in order, one at a time. It answers calls to
 * other files as well, of which none takes longer than a commit of the log, because a thread of their own takes some 13 MB.
 */
import { parentPort } from 'node:worker_threads'
import { systemClock } from '../../runtime/clock.ts'
import { cutBuffersFromSmallPieces, releaseGarbageOfStart } from '../../runtime/memory.ts'
import { serveFiles } from '../../sqlite/files-thread/serve-files.ts'
import { reading } from '../../sqlite/store-fault.ts'
import type { Call, CallAnswer, FilesLine, LogCalls, Notice, WorkerSetup } from '../messages.ts'
import { FileCalls, snapshotOf } from './file-calls.ts'
import { LogFile } from './log-file.ts'

/** Calls of which any failure that is not the fault of the disk or the system means that the file is damaged. */
const READING: ReadonlySet<keyof LogCalls> = new Set([
  'states',
  'losses',
  'replacedDamage',
  'recipient',
  'tail',
  'cursor',
  'hashAt',
  'oldestKept',
  'read',
  'verify',
  'trim',
  'beginIncarnation',
  'leaveOut',
])

cutBuffersFromSmallPieces()
/** The thread is started before anybody knows which file it is to open. */
let answerCall: ((call: Call) => void) | undefined
parentPort?.on('message', (message: WorkerSetup | FilesLine | Call) => {
  if ('files' in message) serveFiles(message.files)
  else if ('file' in message) answerCall = opened(message)
  else answerCall?.(message)
})

/** Opens the file, and says whether it could. @returns what answers the calls from then on */
function opened(setup: WorkerSetup): (call: Call) => void {
  const file = new LogFile(setup, {
    notify: (notice) => send({ kind: 'notice', ...notice }),
    clock: systemClock,
  })
  const calls = new FileCalls(file)
  answer(file, 0, () => {
    file.use()
  })
  releaseGarbageOfStart()
  return (call) => answer(file, call.id, () => invoke(calls, call))
}

function invoke(calls: FileCalls, { name, args }: Call): unknown {
  const method = calls[name] as (...args: readonly unknown[]) => unknown
  const work = () => method.apply(calls, [...args])
  return READING.has(name) ? reading(work) : work()
}

function answer(file: LogFile, id: number, work: () => unknown): void {
  const outcome = attempt(file, work)
  send({ kind: 'answer', id, outcome, snapshot: snapshot(file) })
}

function attempt(file: LogFile, work: () => unknown): CallAnswer['outcome'] {
  try {
    return { ok: true, value: work() }
  } catch (error) {
    const { code, message, hint, retryable } = file.fail(error)
    return { ok: false, fault: { code, message, hint, retryable } }
  }
}

/** A failure to look must not turn a commit that succeeded into one that failed. */
function snapshot(file: LogFile): CallAnswer['snapshot'] {
  try {
    return snapshotOf(file)
  } catch (error) {
    file.fail(error)
    return undefined
  }
}

function send(message: CallAnswer | Notice): void {
  parentPort?.postMessage(message)
}
