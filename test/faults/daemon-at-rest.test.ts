/** What the thread that polls asks of the disk while nothing happens: nothing, since whatever it asked could be a late poll. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { consoleCaller } from '../support/console-caller.ts'
import { succeeds } from '../support/small-disk.ts'
import { daemonSite, EVENTUALLY_MS, untilRow } from './daemon.ts'

/** Whoever is not root may not look at any process. */
const canTrace = process.getuid?.() === 0 && succeeds('strace', '-V')
/** Twice the time between two looks at folders, and some more. */
const AT_REST_MS = 12_000

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

/** What the main thread of a process asks of files, as strace writes it, while something is done. */
async function askedOfFiles(pid: number, out: string, work: () => Promise<void>): Promise<readonly string[]> {
  const calls = 'trace=%file,read,pread64,preadv,getdents64'
  const tracer = spawn('strace', ['-f', '-y', '-e', calls, '-o', out, '-p', String(pid)], { stdio: 'ignore' })
  const ended = once(tracer, 'close')
  await work()
  tracer.kill('SIGINT')
  await ended
  return readFileSync(out, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${pid} `))
}

test.skipIf(!canTrace)(
  '[C9] a gateway at rest (as root, with strace)',
  {
    timeout: 3 * EVENTUALLY_MS,
  },
  async () => {
    await using site = await daemonSite(central, 'routes: routes\n')
    const daemon = site.start()
    await daemon.running()
    await untilRow(central, 1, 'running')
    const api = consoleCaller(site.dataFolder)
    // Whoever asks first has the program's own code read that answers.
    await api.get('/status')
    await wait(AT_REST_MS)
    const lines = await askedOfFiles(daemon.pid, join(site.folder, 'calls'), async () => {
      await wait(AT_REST_MS)
      for (const path of ['/status', '/line', '/delivery', '/troubles']) await api.get(path)
    })
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.filter((line) => line.includes(site.folder))).toEqual([])
    expect(await daemon.stop()).toBe(0)
  },
)
