/** The folder of a gateway with its configuration, on which a test runs `millrace buffer` within its own process. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { BufferOutbox } from '../../src/buffer/outbox.ts'
import { runCommandLine } from '../../src/commands/command-line.ts'
import type { Route } from '../../src/domain/destination.ts'
import { StoreError } from '../../src/domain/errors.ts'
import { machineOwner } from '../../src/domain/owner.ts'
import type { SignalValue } from '../../src/domain/signal.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { createMesRoute } from '../../src/routes/mes/route.ts'
import type { CentralSettings } from '../../src/routes/mes/settings.ts'
import { createStopBudget } from '../../src/runtime/budget.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { machineSubject } from '../../src/status/machine-subject.ts'
import { createUploader, type Uploader } from '../../src/uploader/upload.ts'
import { openTestOutbox, testFolder } from './buffer.ts'
import type { TestCentral } from './central.ts'
import { press } from './press.ts'

const UPLOAD_MAX_MS = 60_000
const MAP = `machine: PRESS-07
device: { driver: modbus-tcp, host: 127.0.0.1 }
signals:
  state: { at: 40101, type: u16 }
status:
  - { when: { state: 1 }, is: running }
  - { else: true, is: idle }
`

export interface BufferSite {
  readonly dataFolder: string
  /** Runs the command as a person would. @returns its exit code and what it printed */
  run(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }>
  open(): Promise<BufferOutbox>
  /** Changes the configuration, as a person would: each text of it is replaced by another one. */
  reconfigure(changes: Readonly<Record<string, string>>, password?: string): void
  /** A copy of the whole folder, as of a cloned SD card. The log must be closed. */
  clone(): BufferSite
}

/** Uses a folder that is removed after the test, unless one is given. */
export function bufferSite(central: TestCentral, folder = testFolder()): BufferSite {
  mkdirSync(join(folder, 'devices'))
  writeFileSync(join(folder, 'devices', 'press-07.yaml'), MAP)
  writeFileSync(
    join(folder, 'gateway.yaml'),
    `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central:
  url: postgres://${central.role}@127.0.0.1:${central.settings().connection.hosts[0]?.port}/postgres
  tls: off
`,
  )
  return siteIn(folder, { MILLRACE_CENTRAL_PASSWORD: central.password })
}

function siteIn(folder: string, from: Readonly<Record<string, string>>): BufferSite {
  let env = from
  const dataFolder = join(folder, 'data')
  return {
    dataFolder,
    run: async (...args) => {
      let [out, err] = ['', '']
      const code = await runCommandLine(['buffer', ...args, '--config', 'gateway.yaml'], {
        env,
        cwd: folder,
        out: (text) => {
          out += text
        },
        err: (text) => {
          err += text
        },
        isTerminal: false,
        isErrTerminal: false,
        node: '',
        nodeOptions: [],
        program: '',
        signal: AbortSignal.timeout(60_000),
        mayStopWithin: () => undefined,
        unfinished: new Set(),
        onReload: () => () => undefined,
      })
      return { code, out, err }
    },
    open: () => openTestOutbox({ file: join(dataFolder, 'outbox.db') }),
    reconfigure: (changes, password) => {
      const file = join(folder, 'gateway.yaml')
      let text = readFileSync(file, 'utf8')
      for (const [before, after] of Object.entries(changes)) text = text.replace(before, after)
      writeFileSync(file, text)
      if (password !== undefined) env = { MILLRACE_CENTRAL_PASSWORD: password }
    },
    clone: () => {
      const copy = testFolder()
      cpSync(folder, copy, { recursive: true })
      return siteIn(copy, env)
    },
  }
}

/** Pushes until nothing is pending or central is fenced. @returns which of the two it was */
export function upload(
  outbox: BufferOutbox,
  central: TestCentral,
  changes: Partial<CentralSettings> = {},
): Promise<string> {
  return uploadTo(outbox, mesRoute(central, changes))
}

/** The route of a test's gateway. */
export function mesRoute(central: TestCentral, changes: Partial<CentralSettings> = {}): Route {
  return createMesRoute(central.settings({ batch: { rows: 100, lingerMs: 10 }, ...changes }))
}

/**
 * The same for any route.
 * @param hasLanded whether what was set aside is as it has to be, asked once nothing is pending
 * @throws whatever the uploader falls with, such as the death that a test has planted
 */
export async function uploadTo(
  outbox: BufferOutbox,
  route: Route,
  hasLanded: (uploader: Uploader) => Promise<boolean> = async () => true,
): Promise<string> {
  const stop = new AbortController()
  const uploader = createUploader({
    outbox,
    route,
    clock: systemClock,
    random: Math.random,
    log: createLog('silent'),
    budget: createStopBudget(stop.signal, systemClock),
  })
  let hasFallen = false
  const running = keepRunning(uploader, stop.signal)
  running.catch(() => {
    hasFallen = true
  })
  const pending = async () =>
    (await outbox.stats()).consumers.find(({ name }) => name === route.name)?.pending
  const isOver = async () => {
    const { state } = uploader.health().summary
    if (state !== 'connected' || (await pending()) !== 0) return state === 'fenced'
    return await hasLanded(uploader)
  }
  const untilMs = Date.now() + UPLOAD_MAX_MS
  while (!hasFallen && !(await isOver()) && Date.now() < untilMs) await systemClock.sleep(20)
  const { state } = uploader.health().summary
  stop.abort()
  await running
  expect(state === 'fenced' || (await pending()) === 0).toBe(true)
  return state
}

/** Starts it again after the log was found damaged, as the gateway does. */
async function keepRunning(uploader: ReturnType<typeof createUploader>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await uploader.run(signal)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
  }
}

/** Yesterday at nine, when mornings of tests begin: delivered events are kept for a week. */
export const MORNING_MS = Date.now() - (Date.now() % 86_400_000) - 86_400_000 + 9 * 3_600_000

/** A morning with stops of a press, all of it in central; its last row is open. */
export async function morningWithStops(central: TestCentral): Promise<BufferSite> {
  await central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  )
  const site = bufferSite(central)
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, MORNING_MS, 'boot-1')
  for (let round = 0; round < 5; round += 1) {
    await machine.show('run', 40)
    await machine.show('fault', 40)
  }
  await upload(outbox, central)
  return site
}

/** A press that the pipeline sees once a second, from a given moment on. */
export async function pressBefore(outbox: BufferOutbox, startMs: number, boot: string) {
  let at = { boot, wallMs: startMs, monoMs: 5_000 }
  const clock = { ...systemClock, now: () => at }
  const pipeline = await createPipeline({ outbox, clock, log: createLog('silent') })
  const map = press({ stops: { ignoreStopBelowMs: 0, ignoreRunBelowMs: 0, microStopBelowMs: 20_000 } })
  const owner = machineOwner(map.machine)
  pipeline.put(owner, (remembered) => machineSubject(map, remembered))
  const read = async (values: Readonly<Record<string, SignalValue>>) => {
    const samples = Object.entries(values).map(([signal, value]) => ({
      signal,
      value,
      quality: 'good' as const,
      at,
    }))
    const { crowded, durable } = pipeline.deliver({
      kind: 'reading',
      device: 'PRESS-07',
      subject: owner,
      reading: { at, completeTo: at, samples },
    })
    if (crowded) await durable
  }
  return {
    /** Shows a state for some seconds. Resolves when everything that came of it is durable. */
    show: async (state: string, seconds: number) => {
      const values = { state, fault: 0 }
      await read(values)
      for (let second = 0; second < seconds; second += 1) {
        at = { boot, wallMs: at.wallMs + 1_000, monoMs: at.monoMs + 1_000 }
        await read(second === 0 ? values : {})
      }
      await outbox.append({ at, events: [], states: {} })
    },
  }
}
