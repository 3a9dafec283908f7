/**
 * A soak: for so many minutes a random fault in each, none of which ends the gateway's process, and at the end what its memory did
 * meanwhile. Nothing may be lost, and the line through its memory must be flat.
 */
import { readdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { pick } from '../../simulators/random.ts'
import type { Line } from '../../src/demo/line.ts'
import { agrees } from '../../src/demo/reconcile/report.ts'
import { memory } from '../bench/process-meter.ts'
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

/** What one look at the process shows. */
interface Look {
  readonly minute: number
  readonly pssMb: number
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
  const outcome = await faultRun({ seed, centralVia }, async (line) => {
    for (let minute = 1; minute <= minutes; minute += 1) {
      const endMs = performance.now() + MINUTE_MS
      const name = pick(Object.keys(FAULTS), random) ?? 'nothing'
      if (proxy) await FAULTS[name]?.(line, proxy, random)
      await wait(Math.max(0, endMs - performance.now()))
      const look = lookAt(line, minute)
      looks.push(look)
      console.log(
        `minute ${minute}: ${name}; PSS ${look.pssMb.toFixed(1)} MB, ${look.descriptors} descriptors`,
      )
    }
  })
  const warm = looks.filter(({ minute }) => minute > minutes * WARM_UP_SHARE)
  const slope = slopeOf(warm) * 60
  const isFlat = minutes < JUDGED_FROM_MINUTES || slope < SLOPE_MAX_MB_AN_HOUR
  const isWhole = agrees(withoutScans(outcome.report)) && outcome.drained && outcome.health === 'healthy'
  if (!isWhole)
    console.log(JSON.stringify({ ...outcome, log: undefined }), outcome.evidenceFile ?? outcome.log)
  console.log(
    `soak: ${minutes} minutes, ${outcome.report.truth.transitions} transitions, ${isWhole ? 'nothing lost' : 'FINDINGS'}; ` +
      `memory ${slope.toFixed(2)} MB an hour after the warm-up${isFlat ? '' : ', which is not flat'}`,
  )
  return isWhole && isFlat
}

function lookAt(line: Line, minute: number): Look {
  const pid = line.gateway.pid ?? 0
  return { minute, pssMb: memory(pid).pssMb, descriptors: readdirSync(`/proc/${pid}/fd`).length }
}

/** The slope of the line that fits best, in MB a minute; 0 where there are too few looks. */
function slopeOf(looks: readonly Look[]): number {
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length)
  const x = mean(looks.map(({ minute }) => minute))
  const y = mean(looks.map(({ pssMb }) => pssMb))
  const spread = looks.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0)
  const common = looks.reduce((sum, { minute, pssMb }) => sum + (minute - x) * (pssMb - y), 0)
  return spread === 0 ? 0 : common / spread
}
