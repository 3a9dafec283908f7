/**
 * Appends events to the buffer named on the command line while the process has no file descriptor left and the disk has just
 * reported an error, so that the file would have to be opened again. Then it gives everything back, and prints why the buffer
 * was blocked, and the numbers that are stored in the end.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import { openOutbox } from '../../src/buffer/outbox.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { entry, numberOf } from './entries.ts'

const [file = ''] = process.argv.slice(2)
const NOTES = 'x'.repeat(100_000)

function limitFileSize(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--fsize=${bytes}:`])
}

function takeAllDescriptors(): readonly number[] {
  const taken: number[] = []
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    return taken
  }
}

// One outbox is enough to see the error; SIGXFSZ, which the system sends with it, would end the process.
process.on('SIGXFSZ', () => undefined)
const outbox = await openOutbox({
  file,
  retentionMs: 1e12,
  maxBytes: 1024 ** 3,
  consumers: [{ name: 'central', must: 'deliver' }],
  bootId: 'boot',
  clock: systemClock,
  log: createLog('silent'),
})
await outbox.append(entry(1))
limitFileSize(statSync(`${file}-wal`).size)
const appended = [outbox.append(entry(2, NOTES))]
await systemClock.sleep(300)
// Those of the connection that was given up among them.
const taken = takeAllDescriptors()
appended.push(outbox.append(entry(3)))
await systemClock.sleep(700)
const { blocked } = await outbox.stats()
for (const descriptor of taken) closeSync(descriptor)
limitFileSize('unlimited')
await Promise.all(appended)
const stored = (await outbox.read(0, 10)).map(({ event }) => numberOf(event))
process.stdout.write(JSON.stringify({ blocked, stored }))
await outbox[Symbol.asyncDispose]()
