/** Reads a faulty Modbus device through the driver, in simulated time: no value may belong to another register. */
import { keepLink } from '../../../src/collector/keep-link.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { createRandom } from '../../simulation/random.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'
import { deviceOf, driverContext } from '../../support/driver-bench.ts'
import { MEDIA, type Medium, virtualTransport } from '../../support/virtual-line.ts'
import { seededRandom } from '../faults.ts'
import { addressIn, FaultyDevice } from './faulty-device.ts'

const POLL_MS = 1_000
const TIMEOUT_MS = 500
const MINUTE_MS = 60_000
/** At 19200 baud. */
const CHARACTER_MS = 0.52
const FAULTY = 0.4

/** Four requests: two whose answers are equally long, and two others. */
const SIGNALS = {
  ...registers('a', 'HR', 1, 10),
  ...registers('b', 'HR', 41, 10),
  ...registers('c', 'HR', 81, 4),
  ...registers('d', 'IR', 121, 6),
}

interface Run {
  /** Requests whose values were delivered. */
  readonly reads: number
  readonly wrong: readonly string[]
  /** Readings in which every value was new and good. */
  readonly wholePolls: number
  readonly elapsedMs: number
  readonly faults: ReadonlyMap<string, number>
}

interface RunOptions {
  readonly medium: Medium
  readonly seed: number
  readonly faulty: number
  /** Ends with the first of these. */
  readonly readsMax: number
  readonly untilMs: number
}

export async function readFaulty({ medium, seed, faulty, readsMax, untilMs }: RunOptions): Promise<Run> {
  const time = createVirtualTime(createRandom(seed))
  const random = seededRandom(seed)
  const machine = new FaultyDevice({ medium, random, faulty, timeoutMs: TIMEOUT_MS })
  const respond = machine.respond.bind(machine)
  const driver = createModbusDriver(virtualTransport({ medium, time, characterMs: CHARACTER_MS, respond }))
  const device = deviceOf(driver, { unit: 1, timeout: `${TIMEOUT_MS}ms` }, SIGNALS, POLL_MS)
  const tally = new Tally()
  const abort = new AbortController()
  const kept = keepLink(
    {
      name: device.id,
      connect: (signal) => driver.connect(device, { ...driverContext(), ...time }, signal),
      up: async () => {},
      take: (reading) => tally.take(reading),
      down: async () => {},
    },
    { clock: time, random },
    abort.signal,
  )
  while (tally.reads < readsMax && time.now().monoMs < untilMs)
    await time.runUntil(time.now().monoMs + MINUTE_MS)
  abort.abort()
  await time.runUntil(time.now().monoMs + MINUTE_MS)
  await kept
  const { reads, wrong, wholePolls } = tally
  return { reads, wrong, wholePolls, elapsedMs: time.now().monoMs, faults: machine.faults }
}

/** What came, counted. */
class Tally {
  reads = 0
  wholePolls = 0
  readonly wrong: string[] = []

  take({ samples }: Reading): undefined {
    const good = samples.filter(({ quality }) => quality === 'good')
    this.reads += new Set(good.map(({ signal }) => signal.charAt(0))).size
    if (good.length === Object.keys(SIGNALS).length) this.wholePolls++
    for (const { signal, value } of good) {
      const address = Number(signal.slice(1))
      if (addressIn(Number(value)) !== address)
        this.wrong.push(`${signal} showed the value of ${addressIn(Number(value))}`)
    }
  }
}

/** For the command line. @returns whether no value was wrong, and each machine was read at half its rate or better */
export async function modbusCampaign(reads: number, seed: number): Promise<boolean> {
  let isClean = true
  for (const medium of MEDIA) {
    const run = await readFaulty({
      medium,
      seed,
      faulty: FAULTY,
      readsMax: reads,
      untilMs: Number.POSITIVE_INFINITY,
    })
    const rate = await rateOf(medium, seed)
    const faults = [...run.faults].map(([fault, count]) => `${count} ${fault}`).join(', ')
    console.log(
      `modbus ${medium}: ${run.reads} reads, ${run.wrong.length} wrong values; answers with faults: ${faults}; rate ${rate.toFixed(2)} of a healthy device`,
    )
    for (const wrong of run.wrong.slice(0, 10)) console.log(`  ${wrong}`)
    isClean &&= run.wrong.length === 0 && rate >= 0.5
  }
  return isClean
}

const RATE_OVER_MS = 60 * MINUTE_MS

/** How often a device is read whole of which 40 % of the answers are faulty, as a part of how often a healthy one is. */
export async function rateOf(medium: Medium, seed: number): Promise<number> {
  const options = { medium, seed, readsMax: Number.POSITIVE_INFINITY, untilMs: RATE_OVER_MS }
  const healthy = await readFaulty({ ...options, faulty: 0 })
  const faulty = await readFaulty({ ...options, faulty: FAULTY })
  return faulty.wholePolls / healthy.wholePolls
}

function registers(name: string, area: 'HR' | 'IR', from: number, count: number) {
  const drafts = Array.from({ length: count }, (_, nth) => {
    const at = `${area}${from + nth}`
    // As it goes over the wire it counts from 0.
    return [`${name}${from + nth - 1}`, { at, type: 'u16' as const }]
  })
  return Object.fromEntries(drafts) as Record<string, { at: string; type: 'u16' }>
}
