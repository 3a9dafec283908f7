/** Wrong maps, one after the other: a machine that was read before goes on with the map with which it was read. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Owner } from '../../../src/domain/owner.ts'
import { createMapFollower, type MapConsumer } from '../../../src/maps/follow-maps.ts'
import { createMapStore } from '../../../src/maps/map-store.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { makeDataFolder } from '../../../src/runtime/private-folder.ts'
import { SOUND_MAP, soundFolder } from '../../support/broken-config.ts'
import { testHardware } from '../../support/hardware.ts'
import { type HurriedClock, hurriedClock } from '../../support/hurried-clock.ts'

const OWNER: Owner = 'machine:PRESS-07'
const GOOD = SOUND_MAP
/** Of a machine whose file is read before. */
const OTHER = SOUND_MAP.replace('PRESS-07', 'PRESS-01')
/** Sound, and its address is that of nothing. */
const wrong = (address: number) => SOUND_MAP.replace('40101', String(address))

/** A gateway that can read its machine only with the map that it starts with, over its restarts too. */
async function site() {
  const cwd = soundFolder()
  const clock = hurriedClock()
  const machine = {
    good: '',
    now: '',
    seenMs: null as number | null,
    minorTrouble: undefined as string | undefined,
    /** So long another machine takes to get its map. */
    waitsForOther: Promise.resolve(),
  }
  const consumer: MapConsumer = {
    put: async (owner, map) => {
      if (owner !== OWNER) return machine.waitsForOther
      machine.now = JSON.stringify(map)
      machine.good ||= machine.now
    },
    remove: async () => undefined,
    putWithoutMap: () => undefined,
    absent: () => [],
    reading: () => {
      const isRead = machine.now === machine.good
      if (isRead) machine.seenMs = clock.now().wallMs
      const trouble = isRead ? machine.minorTrouble : 'state: no such address'
      return { seenMs: machine.seenMs, isConnected: true, trouble }
    },
  }
  const write = (text: string, name = 'press-07.yaml') => writeFileSync(join(cwd, 'devices', name), text)
  write(GOOD)
  write(OTHER, 'a-first.yaml')
  let life = await begin(cwd, consumer, clock)
  onTestFinished(async () => {
    await life.end()
    clock[Symbol.dispose]()
    rmSync(cwd, { recursive: true })
  })
  const until = async (condition: () => boolean) => {
    while (!condition()) await wait(5)
  }
  const pass = (ms: number) => {
    const endMs = clock.now().wallMs + ms
    return until(() => clock.now().wallMs >= endMs)
  }
  const standing = () => life.follower.standing(OWNER)
  return {
    machine,
    pass,
    write,
    save: (text: string, name?: string) => {
      write(text, name)
      return life.follower.lookAgain()
    },
    /** All that the next life knows is on disk. */
    restart: async (meanwhile?: () => void) => {
      await life.end()
      machine.seenMs = null
      meanwhile?.()
      life = await begin(cwd, consumer, clock)
    },
    lose: () => rmSync(join(cwd, 'data', 'maps'), { recursive: true }),
    isRolledBack: () => until(() => standing().inForce?.isRolledBack === true),
    standing,
    isGoodInForce: () => machine.now === machine.good,
  }
}

/** One life of the gateway. */
async function begin(cwd: string, consumer: MapConsumer, clock: HurriedClock) {
  const stop = new AbortController()
  const where = { devicesFolder: join(cwd, 'devices'), dataFolder: join(cwd, 'data'), cwd }
  makeDataFolder(where.dataFolder)
  const follower = createMapFollower({
    ...where,
    store: createMapStore({ ...where, ...testHardware, now: () => clock.now().wallMs }),
    note: () => async () => undefined,
    consumer,
    clock,
    log: createLog('error', { write: () => undefined }),
    onReload: () => () => undefined,
  })
  await follower.load(stop.signal)
  const following = follower.follow(stop.signal)
  const end = async () => {
    await follower.settled()
    stop.abort()
    await following
  }
  return { follower, end }
}

test('a second wrong map, saved while the first is on trial, goes as well, and the one that was read comes back', async () => {
  const { save, pass, isRolledBack, isGoodInForce, standing } = await site()
  await pass(2_000)
  await save(wrong(40_102))
  await pass(10_000)
  await save(wrong(40_103))
  expect(standing().trial?.outcome).toBe('goes on')
  await isRolledBack()
  expect(isGoodInForce()).toBe(true)
})

test('a wrong map that fails while others are just being read goes as well', async () => {
  const { machine, save, pass, isRolledBack, isGoodInForce, standing } = await site()
  await pass(2_000)
  await save(wrong(40_102))
  const other = Promise.withResolvers<void>()
  machine.waitsForOther = other.promise
  const reading = save(`${OTHER}stops: {micro_stop_below: 60s}\n`, 'a-first.yaml')
  await pass(70_000)
  expect(standing().trial?.outcome).toBe('failed')
  other.resolve()
  await reading
  await isRolledBack()
  expect(isGoodInForce()).toBe(true)
})

test('a comment that is added to a wrong map does not save it', async () => {
  const { save, pass, isRolledBack, isGoodInForce } = await site()
  await pass(2_000)
  await save(wrong(40_102))
  await save(`# tried on Monday\n${wrong(40_102)}`)
  await isRolledBack()
  expect(isGoodInForce()).toBe(true)
})

test('a wrong map that is saved at once after a rollback is on trial, though the machine was not read again yet', async () => {
  const { machine, save, pass, isRolledBack, isGoodInForce } = await site()
  await pass(2_000)
  await save(wrong(40_102))
  const { good } = machine
  // With the map that comes back, the links have to be made again first.
  machine.good = 'not yet'
  await isRolledBack()
  expect(machine.now).toBe(good)
  await save(wrong(40_103))
  await isRolledBack()
  machine.good = good
  expect(isGoodInForce()).toBe(true)
})

test('a wrong map takes no machine down that was read, though a counter of it could not be', async () => {
  const { machine, save, pass, isRolledBack, isGoodInForce } = await site()
  machine.minorTrouble = 'parts: no such address'
  await pass(2_000)
  await save(wrong(40_102))
  await isRolledBack()
  expect(isGoodInForce()).toBe(true)
})

test('whoever goes back to the former map by hand keeps it, also where its machine is silent then', async () => {
  const { machine, save, pass, standing } = await site()
  await pass(2_000)
  await save(wrong(40_102))
  machine.good = 'silent'
  await save(GOOD)
  await pass(70_000)
  expect(standing()).toMatchObject({ inForce: { isLastGood: false }, trial: { outcome: 'untried' } })
})

test('a restart in the middle of a trial does not make a wrong map the one that stays', async () => {
  const { save, pass, restart, isRolledBack, isGoodInForce, standing } = await site()
  await pass(2_000)
  await save(wrong(40_102))
  await pass(10_000)
  await restart()
  expect(standing()).toMatchObject({ inForce: { isLastGood: false }, trial: { outcome: 'goes on' } })
  await save(wrong(40_103))
  await restart()
  await isRolledBack()
  expect(isGoodInForce()).toBe(true)
  await restart()
  expect(standing().inForce).toMatchObject({ isRolledBack: true })
})

test('a trial that was passed is not taken up again by a restart, nor one that somebody ended by hand', async () => {
  const { machine, save, pass, restart, standing, write } = await site()
  await pass(2_000)
  await save(wrong(40_102))
  machine.good = machine.now
  await pass(5_000)
  expect(standing().trial?.outcome).toBe('read')
  machine.good = 'silent'
  await restart()
  await pass(70_000)
  expect(standing()).toMatchObject({ inForce: { isLastGood: false }, trial: undefined })
  machine.good = machine.now
  await pass(5_000)
  await save(wrong(40_103))
  await restart(() => write(wrong(40_102)))
  expect(standing()).toMatchObject({ inForce: { isLastGood: false }, trial: undefined })
})

test.each([
  ['rolled back', wrong(40_102)],
  ['half written', 'machine: ['],
])('a wrong map that is saved where the file was %s at the start is taken back as well', async (_, text) => {
  const { save, pass, restart, isRolledBack, isGoodInForce, standing } = await site()
  await pass(2_000)
  await save(text)
  if (text !== 'machine: [') await isRolledBack()
  await restart()
  await pass(2_000)
  await save(wrong(40_103))
  expect(standing().trial?.outcome).toBe('goes on')
  await isRolledBack()
  expect(isGoodInForce()).toBe(true)
})

test('a machine whose file is bad since before the start goes on where the disk loses its last good map', async () => {
  const { save, restart, lose, isGoodInForce, standing, write } = await site()
  await restart(() => write('machine: ['))
  expect(isGoodInForce()).toBe(true)
  lose()
  await save('machine: [PRESS')
  expect(standing().inForce).toMatchObject({ isLastGood: true })
})

test('a trial goes on over a restart also where the file is half written by then', async () => {
  const { save, pass, restart, isGoodInForce, standing, write } = await site()
  await pass(2_000)
  await save(wrong(40_102))
  await pass(10_000)
  await restart(() => write('machine: ['))
  expect(standing().trial?.outcome).toBe('goes on')
  await pass(80_000)
  expect(isGoodInForce()).toBe(true)
  await restart()
  expect(isGoodInForce()).toBe(true)
})
