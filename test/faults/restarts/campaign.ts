/** An OPC UA server that is killed and started again, and again, below one gateway's collector that goes on. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { collectDevice } from '../../../src/collector/collect-device.ts'
import type { Driver } from '../../../src/domain/driver.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { deviceOf } from '../../support/driver-bench.ts'
import { NAMESPACE } from '../../support/opcua-server.ts'

/** How long the server is read before it is killed, and how long it is away at most. */
const READ_FOR_MS = 400
const AWAY_MAX_MS = 1_500
/** A figure that is worth a look; longer is waited for no more. */
const READING_MAX_MS = 60_000
/** Everything that is loaded once is loaded by then. */
const WARM_ROUNDS = 5

/** A server that serves again has to be read within this time, and the heap must not grow by more. */
const READ_AGAIN_MAX_MS = 5_000
const GROWN_MAX_BYTES = 16 * 1024 * 1024

/** Prints the figures. @returns whether they are as they have to be */
export async function restartsCampaign(rounds: number, random: () => number): Promise<boolean> {
  const { readAgainMs, grownBytes, disordered } = await restartServer(rounds, random)
  const sorted = readAgainMs.toSorted((one, other) => one - other)
  const [median, longest] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0]
  const megabytes = (grownBytes / 1024 / 1024).toFixed(1)
  console.log(
    `restarts: ${rounds}, read again after ${median} ms (the longest ${longest} ms), the heap grew by ${megabytes} MB, ` +
      `${disordered} values out of order`,
  )
  return longest < READ_AGAIN_MAX_MS && grownBytes < GROWN_MAX_BYTES && disordered === 0
}

/** What came of it. */
interface RestartFigures {
  /** For each round: from when the server serves again until a value of it has come. */
  readonly readAgainMs: readonly number[]
  /** What the heap holds after each round, in bytes. */
  readonly heap: readonly number[]
  /** Of the heap after everything that is loaded once: the bytes by which it grew. */
  readonly grownBytes: number
  /** Values that came twice, or not in order. */
  readonly disordered: number
}

/** @throws Error when the gateway does not read again */
export async function restartServer(rounds: number, random: () => number): Promise<RestartFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-restarts-'))
  let server = await serve(folder, 0)
  try {
    const { port } = server
    await using gateway = collect(`opc.tcp://127.0.0.1:${port}`, folder)
    await gateway.readAfter(0)
    const readAgainMs: number[] = []
    const heap: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await wait(READ_FOR_MS)
      server.child.kill('SIGKILL')
      await once(server.child, 'exit')
      await wait(random() * AWAY_MAX_MS)
      server = await serve(folder, port)
      const servesMs = Date.now()
      readAgainMs.push((await gateway.readAfter(servesMs)) - servesMs)
      heap.push(usedHeap())
    }
    const grownBytes = (heap.at(-1) ?? 0) - (heap[Math.min(WARM_ROUNDS, rounds) - 1] ?? 0)
    return { readAgainMs, heap, grownBytes, disordered: gateway.disordered() }
  } finally {
    server.child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function serve(folder: string, port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(join(import.meta.dirname, 'serve.ts'), [folder, String(port)], {
    execArgv: process.execArgv,
  })
  const [served] = (await once(child, 'message')) as [{ readonly port: number }]
  return { child, port: served.port }
}

/** The collector of one device, of which only what is needed is kept: nothing may grow by itself. */
function collect(url: string, stateFolder: string) {
  const driver = createOpcUaDriver()
  const device = deviceOf(driver, { url, security: 'None' }, { n: { at: `nsu=${NAMESPACE};s=n` } })
  const abort = new AbortController()
  let latest = 0
  let disordered = 0
  let failure: unknown
  const running = collectDevice({
    device,
    driver: driver as Driver,
    clock: systemClock,
    random: () => 0,
    log: createLog('error', process.stderr),
    stateFolder,
    deliver: (message) => {
      const samples = message.kind === 'reading' ? message.reading.samples : []
      for (const { value } of samples) {
        if (typeof value !== 'number' || value === 0) continue
        if (value <= latest) disordered += 1
        latest = value
      }
      return { crowded: false, durable: Promise.resolve() }
    },
  })
    .run(abort.signal)
    .catch((error: unknown) => (failure = error))
  return {
    disordered: () => disordered,
    /** When a value has come that the server showed after this moment; both in ms since 1970. */
    readAfter: async (sinceMs: number): Promise<number> => {
      const untilMs = Date.now() + READING_MAX_MS
      while (latest <= sinceMs) {
        if (failure) throw failure
        if (Date.now() > untilMs) throw new Error('the gateway does not read the server again')
        await wait(10)
      }
      return Date.now()
    },
    [Symbol.asyncDispose]: async () => {
      abort.abort()
      await running
      await driver[Symbol.asyncDispose]()
    },
  }
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  collectGarbage()
  return process.memoryUsage().heapUsed
}
