/** A gateway whose log nobody reads, as a real process: a journal that hangs, a terminal on hold, a pager that was left open. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { openOutbox } from '../../src/buffer/outbox.ts'
import { outboxOptions } from '../../src/buffer/outbox-options.ts'
import { settle } from '../../src/demo/settle.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { makeDataFolder } from '../../src/runtime/private-folder.ts'
import { CENTRAL, recordingLog, testFolder } from '../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { entry } from '../support/entries.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { PROGRAM } from '../support/run-millrace.ts'
import { stopSite } from '../support/stop-site.ts'

const EVENTUALLY_MS = 60_000
/** Five seconds are promised; the rest is for a machine that does much else. */
const STOPPED_MAX_MS = 20_000
const MINUTES_MS = 60_000
/** One that turns in circles uses all of that time. */
const IDLE_MS = 3_000
const IDLE_TICKS_MAX = 150

/** For a shell; the paths of the checkout, which may have spaces, are in the environment. */
const RUN = '"$NODE" "$MAIN" run --config gateway.yaml'
/** Puts more into standard error than anybody takes. */
const FILL = 'timeout 1 head -c 100000000 /dev/zero >&2'
/** A terminal whose other end is never read. */
const UNREAD_TERMINAL = `
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
open('code', 'w').write(str(code))
`
/** A terminal that goes away, as a connection over the network does, once there is a file of that name. */
const LOST_TERMINAL = UNREAD_TERMINAL.replace(
  'code = ',
  `while not os.path.exists('gone'): time.sleep(0.1)
os.close(terminal)
code = `,
)
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

let folder: string
let state: number
let press: ModbusDevice
beforeEach(async () => {
  await central.sql('TRUNCATE machine_status_history, downtime_events, edge_gateway.stream')
  state = 1
  press = await ModbusDevice.start(answerRegisters(() => state))
  folder = testFolder()
  mkdirSync(join(folder, 'devices'))
  const port = central.settings().connection.hosts[0]?.port
  writeFileSync(
    join(folder, 'gateway.yaml'),
    `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://${central.role}@127.0.0.1:${port}/postgres", tls: off}
console: {port: 0}
log: {level: debug}
`,
  )
  writeFileSync(
    join(folder, 'devices', 'press.yaml'),
    `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${press.port}, poll: 100ms}
signals: {state: {at: 40001, type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`,
  )
})
afterEach(() => press[Symbol.asyncDispose]())

/** Its own process writes its number and its exit code into the folder. */
function inShell(before: string, after = ''): ChildProcess {
  const script = `{ ${before}; sh -c 'echo $$ > pid; exec ${RUN}'; echo $? > code; } ${after}`
  return started('sh', ['-c', script])
}

function started(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      ...PROGRAM.env,
      NODE: PROGRAM.node,
      MAIN: PROGRAM.main,
      MILLRACE_CENTRAL_PASSWORD: central.password,
    },
    // A pipe of which this process reads nothing.
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // It has ended.
    }
  })
  return child
}

async function rowsLanded(count: number): Promise<void> {
  const landed = async () => (await central.sql('SELECT 1 FROM machine_status_history')).length >= count
  await expect.poll(landed, { timeout: EVENTUALLY_MS, interval: 200 }).toBe(true)
}

async function expectItRunsOn(): Promise<void> {
  await rowsLanded(1)
  state = 0
  await rowsLanded(2)
  const polls = press.requests.length
  expect(await settle(() => press.requests.length > polls + 10, { withinMs: EVENTUALLY_MS })).toBe(true)
}

async function expectItStops(pid: number, code = 0): Promise<void> {
  const askedMs = performance.now()
  process.kill(pid, 'SIGTERM')
  expect(await settle(() => written('code') !== '', { withinMs: EVENTUALLY_MS })).toBe(true)
  expect(performance.now() - askedMs).toBeLessThan(STOPPED_MAX_MS)
  expect(Number(written('code'))).toBe(code)
}

/** Processor time that a process has used, in ticks of 10 ms. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')
  return Number(fields[13]) + Number(fields[14])
}

function written(name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8').trim()
  } catch {
    return ''
  }
}

test(
  'polls, pushes and stops while nobody reads its log from a pipe',
  async () => {
    inShell(FILL, '2>&1 >/dev/null | sleep 600')
    await expectItRunsOn()
    await expectItStops(Number(written('pid')))
  },
  3 * MINUTES_MS,
)

test(
  'polls, pushes and stops while nobody reads its log from a socket, as a journal that hangs',
  async () => {
    inShell(FILL)
    await expectItRunsOn()
    await expectItStops(Number(written('pid')))
  },
  3 * MINUTES_MS,
)

test(
  'polls, pushes and stops after whoever read its log has gone',
  async () => {
    inShell('true', '2>&1 >/dev/null | head -n 1 >/dev/null')
    await expectItRunsOn()
    await expectItStops(Number(written('pid')))
  },
  3 * MINUTES_MS,
)

test.runIf(hasPython)(
  'polls, pushes and stops on a terminal that shows nothing any more',
  async () => {
    const run = `echo $$ > pid; ${FILL}; exec ${RUN}`
    started('python3', ['-c', UNREAD_TERMINAL, 'sh', '-c', run])
    await expectItRunsOn()
    await expectItStops(Number(written('pid')))
  },
  3 * MINUTES_MS,
)

test.runIf(hasPython)(
  'polls, pushes and stops after its terminal is gone, and is as idle as before',
  async () => {
    const run = `echo $$ > pid; exec ${RUN}`
    started('python3', ['-c', LOST_TERMINAL, 'sh', '-c', run])
    await rowsLanded(1)
    writeFileSync(join(folder, 'gone'), '')
    await wait(1_000)
    state = 0
    await rowsLanded(2)
    const pid = Number(written('pid'))
    const before = ticksOf(pid)
    await wait(IDLE_MS)
    expect(ticksOf(pid) - before).toBeLessThan(IDLE_TICKS_MAX)
    await expectItStops(pid)
  },
  3 * MINUTES_MS,
)

test(
  'says what waited once its log is read again, and its last words before it ends',
  async () => {
    const child = inShell(FILL)
    await expectItRunsOn()
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text.replaceAll('\0', '')
    })
    expect(await settle(() => said.includes('"running"'), { withinMs: EVENTUALLY_MS })).toBe(true)
    process.kill(Number(written('pid')), 'SIGTERM')
    await once(child, 'close')
    expect(said.trimEnd().split('\n').at(-1)).toContain('"stopping"')
  },
  3 * MINUTES_MS,
)

test('somebody who reads its results slowly gets all of them', async () => {
  const site = stopSite()
  const world = { clock: systemClock, log: recordingLog().log, bootId: 'boot-1', routes: [CENTRAL] }
  makeDataFolder(site.config.dataFolder)
  const outbox = await openOutbox(outboxOptions(site.config, world))
  await Promise.all(Array.from({ length: 2_000 }, (_, number) => outbox.append(entry(number))))
  await outbox[Symbol.asyncDispose]()
  const child = spawn(
    PROGRAM.node,
    [...PROGRAM.nodeOptions, PROGRAM.main, 'buffer', 'export', '--config', join(site.folder, 'gateway.yaml')],
    {
      env: { ...PROGRAM.env, MILLRACE_CENTRAL_PASSWORD: 'not asked for' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await once(child.stdout, 'readable')
  await wait(2_000)
  expect((await readAll(child.stdout)).trimEnd().split('\n')).toHaveLength(2_000)
  expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0)
})
