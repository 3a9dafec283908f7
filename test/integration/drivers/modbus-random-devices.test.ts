/** Devices with random troubles: whatever a patient master could read is read, and no value is ever wrong. */
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../../src/drivers/modbus/transports/tcp.ts'
import type { Collected } from '../../support/collected.ts'
import { answerOwnAddress, type Behaviour, ModbusDevice } from '../../support/modbus-device.ts'
import { type Drafts, good, registers, type Sites, test, within } from '../../support/modbus-site.ts'
import {
  closingAfter,
  deafAfterAnswer,
  exception,
  faulty,
  followedBy,
  hangUp,
  late,
  longerThan,
  renumbered,
  reset,
  seeded,
  shortAnswer,
  silence,
  touching,
  where,
} from '../../support/modbus-troubles.ts'

/** Set to a seed to see its device alone, or to a number of devices to try more of them. */
const [SEED, DEVICES] = [process.env.MODBUS_SEED, Number(process.env.MODBUS_DEVICES ?? 30)]
const seeds = SEED ? [Number(SEED)] : Array.from({ length: DEVICES }, (_, n) => n + 1)

const REFUSALS = [silence, hangUp, reset, shortAnswer, ...[1, 2, 3, 4, 11].map(exception)]
const ACCIDENTS = [...REFUSALS, exception(6), late(600), renumbered((transaction) => transaction + 1)]

interface RandomSite {
  readonly seed: number
  readonly traits: readonly string[]
  readonly machine: Collected
  /** The signals that the device has. */
  readonly there: readonly string[]
}

async function randomSite(seed: number, { keepOpen, machineOn }: Omit<Sites, 'site'>): Promise<RandomSite> {
  const random = seeded(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const chance = (share: number) => random() < share
  const traits: string[] = []
  const drafts: Drafts = Object.assign(
    {},
    ...Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
      registers(Math.floor(random() * 2_000), 1 + Math.floor(random() * 40)),
    ),
  )
  const addresses = Object.keys(drafts).map((name) => Number(name.slice(1)))
  const missing = new Set<number>()
  let behaviour: Behaviour = answerOwnAddress
  const having = (trait: string, wrapped: Behaviour) => {
    traits.push(trait)
    behaviour = wrapped
  }
  if (chance(0.2)) having('closes after each answer', closingAfter(behaviour))
  if (chance(0.2)) having('two bytes too many', followedBy(Buffer.from([0, 0]), behaviour))
  if (chance(0.2)) having('deaf after answers', deafAfterAnswer(30, behaviour))
  for (let n = 0; chance(0.5) && n < 3; n++) {
    const hole = pick(addresses)
    missing.add(hole)
    having(`without ${hole}`, where(touching(hole), pick(REFUSALS), behaviour))
  }
  if (chance(0.4)) {
    const most = 3 + Math.floor(random() * 30)
    having(`${most} at most`, where(longerThan(most), pick(REFUSALS), behaviour))
  }
  if (chance(0.4)) having('faulty', faulty({ seed, share: random() * 0.25 }, ACCIDENTS, behaviour))
  const plc = keepOpen(await ModbusDevice.start(behaviour))
  const driver = keepOpen(createModbusDriver(tcpTransport))
  const gap = chance(0.3) ? 16 : 0
  const machine = machineOn(plc, drafts, { id: `SEED-${seed}`, gap, pollMs: 200 }, driver)
  const there = addresses.filter((address) => !missing.has(address)).map((address) => `r${address}`)
  return { seed, traits, machine, there }
}

test('random devices are read in all that they have, and no value is wrong', {
  timeout: 120_000,
}, async ({ keepOpen, machineOn, expect }) => {
  const sites = await Promise.all(seeds.map((seed) => randomSite(seed, { keepOpen, machineOn })))
  for (const { seed, traits, machine, there } of sites) {
    const about = `MODBUS_SEED=${seed}: ${traits.join(', ')}`
    const everGood = () =>
      new Set(machine.samples().flatMap(({ signal, value }) => (value === null ? [] : [signal])))
    await expect
      .poll(() => there.filter((signal) => !everGood().has(signal)), { ...within(60), message: about })
      .toEqual([])
    const wrong = machine.samples().filter(({ signal, value }) => value !== null && `r${value}` !== signal)
    expect(wrong, about).toEqual([])
    // At one and the same time, whatever fails at random.
    await expect
      .poll(() => good(machine).length, { ...within(20), message: about })
      .toBeGreaterThan(0.8 * there.length)
  }
})
