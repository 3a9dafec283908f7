/**
 * A soak: for so many minutes a random fault in each, none of which ends the gateway's process, and at the end what its memory did
 * meanwhile. Nothing may be lost, and the line through its memory must be flat.
 *
 * V8 leaves garbage lying as long as there is room for it, so that the memory of a process says little of what grows in it. Each
 * minute the gateway is therefore made to collect its garbage, and the line goes through what it still takes then.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pick } from '../../simulators/random.ts'
import type { Line } from '../../src/demo/line.ts'
import { agrees } from '../../src/demo/reconcile/report.ts'
import { settle } from '../../src/demo/settle.ts'
import { memory } from '../bench/process-meter.ts'
import { BUILT_PROGRAM } from '../support/built-program.ts'
import type { Collected } from '../support/collect-at-signal.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { faultRun } from './fault-run.ts'
import {
  freezeAtRandom,
  type Random,
  restoreCentral,
  seededRandom,
  stopCentral,
  withoutScans,
} from './faults.ts'

const MINUTE_MS = 60_000
/** Code is compiled and caches are filled at the beginning: this share of the minutes says nothing of what grows. */
const WARM_UP_SHARE = 0.25
/** Flat, on a computer that does nothing else: less than this within an hour. */
const SLOPE_MAX_MB_AN_HOUR = 6
/** Shorter soaks show their slope and are not judged by it. */
const JUDGED_FROM_MINUTES = 30

/** A process that was just frozen, or that waits for a processor, collects late. */
const COLLECTED_WITHIN_MS = 30_000
/** The other threads collect theirs meanwhile; none has more than some 20 MB. */
const OTHERS_COLLECT_MS = 2_000
const COLLECTOR = new URL('../support/collect-at-signal.ts', import.meta.url).href

/** What one look at the process shows. */
interface Look {
  readonly minute: number
  /** As it was found, garbage included. */
  readonly pssMb: number
  /** What it has for itself, once the garbage of all its threads was collected. */
  readonly ownMb: number
  /** The objects of its main thread, and the buffers that they hold. */
  readonly livingMb: number
  readonly descriptors: number
}

/** Each ends within a minute. */
const FAULTS: Readonly<Record<string, (line: Line, proxy: TcpProxy, random: Random) => Promise<void>>> = {
  nothing: async () => undefined,
  freeze: (line, _, random) => freezeAtRandom(line, 1, random),
  'central stops': (line) => stopCentral(line, 10_000),
  'central is put back': (line) => restoreCentral(line, 10_000),
  resets: async (_, proxy, random) => {
    for (let count = 0; count < 5; count += 1) {
      proxy.reset()
      await wait(random() * 3_000)
    }
  },
  'half open': async (_, proxy) => proxy.halfOpen(),
  'link is dark': (_, proxy) => whileImpaired(proxy, { kind: 'drop' }),
  'link holds': (_, proxy) => whileImpaired(proxy, { kind: 'hold' }),
  'link is slow': (_, proxy) => whileImpaired(proxy, { kind: 'rate', bytesPerSecond: 4_000 }),
  'maps are read again': async (line) => line.gateway.reload(),
}

async function whileImpaired(proxy: TcpProxy, impairment: Parameters<TcpProxy['impair']>[1]): Promise<void> {
  proxy.impair('to-server', impairment)
  await wait(15_000)
  proxy.repair()
}

/** @returns whether nothing was lost, and memory did not grow */
export async function soak(minutes: number, seed: number): Promise<boolean> {
  await using stack = new AsyncDisposableStack()
  const random = seededRandom(seed)
  const looks: Look[] = []
  let proxy: TcpProxy | undefined
  const centralVia = async (server: { readonly host: string; readonly port: number }) => {
    proxy = stack.use(await startTcpProxy({ host: server.host, port: server.port }))
    return proxy
  }
  const folder = mkdtempSync(join(tmpdir(), 'millrace-soak-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const collectedFile = join(folder, 'collected.json')
  const outcome = await faultRun({ seed, centralVia, program: collecting(collectedFile) }, async (line) => {
    for (let minute = 1; minute <= minutes; minute += 1) {
      const endMs = performance.now() + MINUTE_MS
      const name = pick(Object.keys(FAULTS), random) ?? 'nothing'
      if (proxy) await FAULTS[name]?.(line, proxy, random)
      await wait(Math.max(0, endMs - performance.now()))
      const look = await lookAt(line, minute, collectedFile)
      looks.push(look)
      console.log(
        `minute ${minute}: ${name}; PSS ${look.pssMb.toFixed(1)} MB; without garbage ${look.ownMb.toFixed(1)} MB of its own, ` +
          `${look.livingMb.toFixed(1)} MB of living objects; ${look.descriptors} descriptors`,
      )
    }
  })
  const warm = looks.filter(({ minute }) => minute > minutes * WARM_UP_SHARE)
  const slope = slopeOf(warm, ({ ownMb }) => ownMb) * 60
  const livingSlope = slopeOf(warm, ({ livingMb }) => livingMb) * 60
  const isFlat = minutes < JUDGED_FROM_MINUTES || slope < SLOPE_MAX_MB_AN_HOUR
  const isWhole = agrees(withoutScans(outcome.report)) && outcome.drained && outcome.health === 'healthy'
  if (!isWhole)
    console.log(JSON.stringify({ ...outcome, log: undefined }), outcome.evidenceFile ?? outcome.log)
  console.log(
    `soak: ${minutes} minutes, ${outcome.report.truth.transitions} transitions, ${isWhole ? 'nothing lost' : 'FINDINGS'}; ` +
      `without garbage its memory grew by ${slope.toFixed(2)} MB an hour after the warm-up${isFlat ? '' : ', which is not flat'}, ` +
      `living objects by ${livingSlope.toFixed(2)}`,
  )
  return isWhole && isFlat
}

/** The gateway, made so that it collects its garbage when it is told to. */
function collecting(collectedFile: string): typeof BUILT_PROGRAM {
  return {
    ...BUILT_PROGRAM,
    nodeOptions: [...BUILT_PROGRAM.nodeOptions, '--expose-gc', `--import=${COLLECTOR}`],
    env: { ...BUILT_PROGRAM.env, COLLECTED_FILE: collectedFile },
  }
}

async function lookAt(line: Line, minute: number, collectedFile: string): Promise<Look> {
  const pid = line.gateway.pid ?? 0
  const { pssMb } = memory(pid)
  const { heapBytes, buffersBytes } = await collect(pid, collectedFile)
  await wait(OTHERS_COLLECT_MS)
  return {
    minute,
    pssMb,
    ownMb: memory(pid).ownMb,
    livingMb: (heapBytes + buffersBytes) / 1e6,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }
}

async function collect(pid: number, collectedFile: string): Promise<Collected> {
  rmSync(collectedFile, { force: true })
  process.kill(pid, 'SIGUSR2')
  if (!(await settle(() => existsSync(collectedFile), { withinMs: COLLECTED_WITHIN_MS })))
    throw new Error(`The gateway did not collect its garbage within ${COLLECTED_WITHIN_MS / 1_000} s.`)
  return JSON.parse(readFileSync(collectedFile, 'utf8')) as Collected
}

/** The slope of the line that fits best, in MB a minute; 0 where there are too few looks. */
function slopeOf(looks: readonly Look[], figure: (look: Look) => number): number {
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length)
  const x = mean(looks.map(({ minute }) => minute))
  const y = mean(looks.map(figure))
  const spread = looks.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0)
  const common = looks.reduce((sum, look) => sum + (look.minute - x) * (figure(look) - y), 0)
  return spread === 0 ? 0 : common / spread
}
