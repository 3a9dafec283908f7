/** What becomes of the log where the process itself lacks something, or loses the thread that writes. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, it, vi } from 'vitest'
import { recordingLog, storedNumbers, testFolder, testOutbox } from '../support/buffer.ts'
import { entry } from '../support/entries.ts'
import { runToStop, stopSite } from '../support/stop-site.ts'

const WITHOUT_FILES = fileURLToPath(new URL('../support/append-without-files.ts', import.meta.url))
const DESCRIPTORS = 64

// Fault of the catalogue: [B11]
it('stores every event in its order after the process had no file descriptor left to open the log again', () => {
  const file = join(testFolder(), 'outbox.db')
  const command = `ulimit -n ${DESCRIPTORS}; exec "${process.execPath}" "${WITHOUT_FILES}" "${file}"`
  const outcome = JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' })) as unknown
  expect(outcome).toEqual({ blocked: expect.stringContaining('too many open files'), stored: [1, 2, 3] })
})

/** The thread that writes the log, as soon as anything is asked of it. */
function writingThread(): () => Worker {
  const spy = vi.spyOn(Worker.prototype, 'postMessage')
  return () => spy.mock.contexts.at(-1) as Worker
}

it('refuses everything, and says that it has failed, when the thread that writes is gone', async () => {
  const file = join(testFolder(), 'outbox.db')
  const thread = writingThread()
  const { log, lines } = recordingLog()
  const outbox = await testOutbox({ file, log })
  await outbox.append(entry(1))
  await thread().terminate()
  await expect(outbox.failed).rejects.toMatchObject({ code: 'buffer-failed', retryable: false })
  await expect(outbox.append(entry(2))).rejects.toThrow()
  await expect(outbox.append(entry(3))).rejects.toThrow()
  expect(lines.filter(({ code }) => code === 'buffer-failed').length).toBe(1)
  await outbox[Symbol.asyncDispose]()
  expect(await storedNumbers(await testOutbox({ file }))).toEqual([1])
})

it('ends the gateway, so that a new one begins with what is on disk', async () => {
  const thread = writingThread()
  const gateway = runToStop(stopSite())
  await gateway.until(() => gateway.lines.some(({ msg }) => msg === 'running'))
  await thread().terminate()
  await expect(gateway.ended).rejects.toMatchObject({ code: 'buffer-failed', hint: expect.any(String) })
})

it('takes the rights of other users from a data folder that was there before the gateway', async () => {
  const site = stopSite()
  const { dataFolder } = site.config
  mkdirSync(dataFolder, { mode: 0o755 })
  writeFileSync(join(dataFolder, 'running.json'), '{}', { mode: 0o644 })
  const gateway = runToStop(site)
  await gateway.until(() => gateway.lines.some(({ msg }) => msg === 'running'))
  const modes = ['.', 'running.json', 'outbox.db', 'outbox.db-wal', 'lock'].map(
    (name) => statSync(join(dataFolder, name)).mode & 0o077,
  )
  expect(modes).toEqual([0, 0, 0, 0, 0])
  await gateway.stop()
})
