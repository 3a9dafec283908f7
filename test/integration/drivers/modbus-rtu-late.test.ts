/** Answers that come in order, each of them, and at any time: nothing in Modbus RTU says which request an answer belongs to. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { keepLink } from '../../../src/collector/keep-link.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import type { ReadRequest } from '../../../src/drivers/modbus/request.ts'
import { type ModbusSettings, UNIT_KEYS, withUnitSettings } from '../../../src/drivers/modbus/settings.ts'
import { RtuChannel } from '../../../src/drivers/modbus/transports/rtu-channel.ts'
import type { Transport } from '../../../src/drivers/modbus/transports/transport.ts'
import { Unanswered } from '../../../src/drivers/modbus/unanswered.ts'
import { createRandom } from '../../simulation/random.ts'
import { createVirtualTime, type VirtualTime } from '../../simulation/virtual-time.ts'
import { deviceOf, driverContext } from '../../support/driver-bench.ts'
import { answerFrame } from '../../support/rtu-units.ts'

const MINUTE_MS = 60_000
const HELD_UP_MS = 60_000
const LATE_MAX_MS = 100
const FIRST: ReadRequest = { area: 'holding', start: 10, count: 1 }
const SECOND: ReadRequest = { area: 'holding', start: 500, count: 1 }
const FIRST_ANSWER = answerFrame({ unit: 1, functionCode: 3, start: 10, count: 1, nth: 0 })
const SECOND_ANSWER = answerFrame({ unit: 1, functionCode: 3, start: 500, count: 1, nth: 0 })

test.each([1, 2, 4])(
  'a process that was held up finds the answers to all %i tries of a request only after it has sent the next one',
  async (tries) => {
    const time = createVirtualTime(createRandom(1))
    const unanswered = new Unanswered()
    const sent: Buffer[] = []
    const wire = { send: (frame: Buffer) => void sent.push(frame), close: async () => {} }
    const settings = { characterMs: 0, mayForgetUs: true, lingerMs: 0 }
    const channel = new RtuChannel({ wire, unanswered, clock: time, ...settings })
    for (let nth = 0; nth < tries; nth += 1) void channel.read(1, FIRST, LATE_MAX_MS)
    // Timers come before bytes: by the clock, the time of each answer is over, and none has been looked at.
    await time.runUntil(HELD_UP_MS)
    expect(channel.clearMs(1, SECOND)).toBeLessThanOrEqual(HELD_UP_MS)
    const second = channel.read(1, SECOND, LATE_MAX_MS)
    for (let nth = 1; nth <= tries; nth += 1) {
      channel.take(FIRST_ANSWER)
      await time.runUntil(HELD_UP_MS + nth)
    }
    expect(sent.length).toBeGreaterThan(tries + 1)
    channel.take(SECOND_ANSWER)
    expect(await second).toEqual({ kind: 'data', bytes: Buffer.from([1_500 >> 8, 1_500 & 0xff]) })
  },
)

const SIGNALS = {
  first: { at: 'W10', type: 'u16' },
  second: { at: 'W500', type: 'u16' },
  third: { at: 'W900', type: 'u16' },
} as const
const RIGHT: Readonly<Record<string, number>> = { first: 1_010, second: 1_500, third: 1_900 }
/** A third of the answers may be so much later than the others. */
const OFTEN_LATE = 0.3

test('whatever times a unit takes, however often it is asked again, no register gets the value of another', async () => {
  const wrong: string[] = []
  for (let seed = 1; seed <= 100; seed += 1) {
    const readings = await readLate(seed)
    for (const { signal, quality, value } of readings.flatMap(({ samples }) => samples))
      if (quality === 'good' && value !== RIGHT[signal]) wrong.push(`seed ${seed}: ${signal}: ${value}`)
  }
  expect(wrong).toEqual([])
})

/** A minute with a unit that takes much longer than its time limit, over connections that are opened again. */
async function readLate(seed: number): Promise<readonly Reading[]> {
  const random = createRandom(seed)
  const time = createVirtualTime(random)
  const usualMs = 50 + random.next() * 400
  const laterMs = random.next() * 1_500
  const takesMs = () => usualMs + (random.next() < OFTEN_LATE ? random.next() * laterMs : 0)
  const driver = createModbusDriver(lateTransport(time, takesMs))
  const device = deviceOf(driver, { unit: 1, timeout: '50ms', retries: seed % 4 }, SIGNALS)
  const readings: Reading[] = []
  const abort = new AbortController()
  const kept = keepLink(
    {
      name: device.id,
      connect: (signal) => driver.connect(device, { ...driverContext(), ...time }, signal),
      up: async () => {},
      take: (reading) => void readings.push(reading),
      down: async () => {},
    },
    { clock: time, random: () => random.next() },
    abort.signal,
  )
  await time.runUntil(MINUTE_MS)
  abort.abort()
  await time.runUntil(2 * MINUTE_MS)
  await kept
  return readings
}

/** A converter whose unit answers everything in order. What comes too late for one connection comes over the next. */
function lateTransport(time: VirtualTime, takesMs: () => number): Transport {
  let current: RtuChannel | undefined
  let lastMs = 0
  const send = (frame: Buffer) => {
    const [unit, functionCode] = [frame.readUInt8(0), frame.readUInt8(1)]
    const [start, count] = [frame.readUInt16BE(2), frame.readUInt16BE(4)]
    const nowMs = time.now().monoMs
    // Never at the same moment: what happens then may happen in any order.
    lastMs = Math.max(lastMs + 0.01, nowMs + takesMs())
    const answer = answerFrame({ unit, functionCode, start, count, nth: 0 })
    time.after(lastMs - nowMs, () => current?.take(answer))
  }
  return {
    protocol: 'late-rtu',
    settings: z
      .strictObject(UNIT_KEYS)
      .transform((keys) => withUnitSettings(keys)) as z.ZodType<ModbusSettings>,
    silenceHint: '',
    misfitHint: '',
    endpointOf: () => 'the line',
    open: async (_settings, { unanswered }) => {
      const close = async () => {
        if (current === channel) current = undefined
      }
      const settings = { characterMs: 0, mayForgetUs: true, lingerMs: 0 }
      const channel = new RtuChannel({ wire: { send, close }, unanswered, clock: time, ...settings })
      current = channel
      return channel
    },
  }
}
