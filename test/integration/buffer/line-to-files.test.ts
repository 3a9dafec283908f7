/** The thread of the log, which answers calls to other files as well. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { AuditTrail } from '../../../src/audit-trail/audit-trail.ts'
import { openTrail, trailFileIn } from '../../../src/audit-trail/trail-file.ts'
import { WorkerLink } from '../../../src/buffer/worker-link.ts'
import { fileThreads } from '../../../src/gateway/file-threads.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import type { ThreadFault } from '../../../src/runtime/thread-link.ts'
import { FileLink } from '../../../src/sqlite/files-thread/file-link.ts'
import { storedNumbers, testFolder, testOutbox } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

interface NotesCalls {
  note(text: string): void
  notes(): readonly string[]
  thread(): number
  hang(): void
}

const LAST = { before: null, who: null, limit: 1 }

/** Notes in memory: they show whether the file was opened anew, and in which thread. */
const NOTES = `import { threadId } from 'node:worker_threads'
export const own = ({ file }) => ({
  name: 'notes',
  file,
  open: () => {
    const kept = []
    return {
      note: (text) => void kept.push(text),
      notes: () => kept,
      thread: () => threadId,
      hang: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
      close: () => {},
    }
  },
})
`

function notesBeside(logThread: WorkerLink) {
  const module = join(testFolder(), 'own.mjs')
  writeFileSync(module, NOTES)
  const link = new FileLink<NotesCalls, { file: string }>({
    thread: fileThreads(logThread).quick,
    module: pathToFileURL(module),
    setup: { file: 'notes' },
    owned: 'the notes',
    errorOf: ({ message }: ThreadFault) => new Error(message),
  })
  onTestFinished(() => link[Symbol.asyncDispose]())
  return link
}

function logThread(): WorkerLink {
  const thread = new WorkerLink(createLog('silent'))
  onTestFinished(() => thread.end())
  return thread
}

test('calls to other files are answered before the log is opened, between its commits, and in their order', async () => {
  const thread = logThread()
  const notes = notesBeside(thread)
  const own = await notes.call('thread')
  const outbox = await testOutbox({ thread })
  const [, , , kept] = await Promise.all([
    notes.call('note', 'a'),
    outbox.append(entry(1)),
    notes.call('note', 'b'),
    notes.call('notes'),
    outbox.append(entry(2)),
  ])
  expect(kept).toEqual(['a', 'b'])
  expect(await storedNumbers(outbox)).toEqual([1, 2])
  expect(await notes.call('thread')).toBe(own)
})

test('the thread outlasts the log until the others have left it', async () => {
  const thread = logThread()
  const notes = notesBeside(thread)
  await notes.call('note', 'a')
  const outbox = await testOutbox({ thread })
  await outbox[Symbol.asyncDispose]()
  expect(await notes.call('notes')).toEqual(['a'])
  await notes[Symbol.asyncDispose]()
  expect(thread.lineToFiles({ answer: () => undefined, ended: () => undefined })).toBeUndefined()
})

test('the others outlast the thread: an open call fails and says so, the next one begins another thread', async () => {
  const thread = logThread()
  const notes = notesBeside(thread)
  const before = await notes.call('thread')
  const hanging = notes.call('hang')
  hanging.catch(() => undefined)
  await thread.end()
  await expect(hanging).rejects.toThrow('the thread of the notes has ended')
  expect(await notes.call('thread')).not.toBe(before)
})

test('the audit trail says why a gateway ended that has lost the thread of its log', async () => {
  const [thread, dataFolder] = [logThread(), testFolder()]
  const parts = { dataFolder, clock: systemClock, log: createLog('silent') }
  {
    await using trail = new AuditTrail({ ...parts, thread: fileThreads(thread).quick })
    trail.begin({ version: '1', configuration: {}, details: '{}' })
    await vi.waitFor(async () => expect(await trail.records(LAST)).toHaveLength(1), { timeout: 30_000 })
    await thread.end()
    trail.end('the thread that writes is lost')
  }
  using kept = openTrail(trailFileIn(dataFolder), { isOwner: false })
  expect(kept.records(LAST)).toMatchObject([
    { event: 'gateway-failed', what: expect.stringContaining('lost') },
  ])
})
