/** The stop of the real process: its bounds are wide, because what is counted is counted in test/integration/gateway. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { settle } from '../../src/demo/settle.ts'
import { PROGRAM } from '../support/run-millrace.ts'
import { startSilentServer } from '../support/silent-server.ts'
import { stallDisk } from '../support/stalled-disk.ts'
import { leavePending, type StopSite, stopSite } from '../support/stop-site.ts'

const READY_MAX_MS = 60_000
/** Five seconds are promised; the rest is for a machine that does much else. */
const STOPPED_MAX_MS = 20_000
const REST_MS = 1_000

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  readonly said: () => string
}

function start({ folder }: StopSite): Run {
  const child = spawn(
    PROGRAM.node,
    [...PROGRAM.nodeOptions, PROGRAM.main, 'run', '--config', join(folder, 'gateway.yaml')],
    {
      cwd: folder,
      env: PROGRAM.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  return { child, ended, said: () => said }
}

async function until(condition: () => boolean): Promise<void> {
  expect(await settle(condition, { withinMs: READY_MAX_MS })).toBe(true)
}

/** One whose disk never finishes the write that the log begins with. Its stop takes as long as it may. */
async function startStalled(): Promise<Run> {
  const site = stopSite()
  await leavePending(site)
  const disk = stallDisk(site.config.dataFolder)
  onTestFinished(() => disk[Symbol.dispose]())
  const run = start(site)
  // Its file is open, so the write that stalls is the next thing to happen; it has come to rest there.
  await until(() => existsSync(join(site.config.dataFolder, 'outbox.db-wal')))
  await atRest(run.child)
  expect(run.said()).not.toContain('"running"')
  return run
}

/** Waits until a process has used no processor time for a while. */
async function atRest({ pid }: ChildProcess): Promise<void> {
  // The 14th and the 15th field: time spent in the program and in the kernel, in ticks.
  const used = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).join(' ')
  let before: string | undefined
  while (used() !== before) {
    before = used()
    await wait(REST_MS)
  }
}

// Fault of the catalogue: [B7]
test(
  'a silent central does not hold up SIGTERM',
  async () => {
    await using central = await startSilentServer()
    const site = stopSite({}, central.port)
    await leavePending(site)
    const { child, ended, said } = start(site)
    await until(() => central.heard > 0 && said().includes('"running"'))
    const askedMs = performance.now()
    child.kill('SIGTERM')
    expect(await ended, said()).toEqual({ code: 0, signal: null })
    expect(performance.now() - askedMs).toBeLessThan(STOPPED_MAX_MS)
  },
  READY_MAX_MS * 2,
)

test(
  'a disk that does not finish a write ends in a kill, with a word about it',
  async () => {
    const { child, ended, said } = await startStalled()
    const askedMs = performance.now()
    child.kill('SIGTERM')
    expect(await ended, said()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(performance.now() - askedMs).toBeLessThan(STOPPED_MAX_MS)
    expect(said()).toContain('still running: log file')
  },
  READY_MAX_MS * 2,
)

test(
  'the second SIGINT ends it at once',
  async () => {
    const { child, ended, said } = await startStalled()
    child.kill('SIGINT')
    // A signal that comes while the first one waits to be seen is one with it.
    await wait(500)
    child.kill('SIGINT')
    // The stop that is cut short would have ended in a SIGKILL.
    expect(await ended, said()).toEqual({ code: null, signal: 'SIGINT' })
  },
  READY_MAX_MS * 2,
)
