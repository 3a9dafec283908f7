import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { machineOwner, type Owner } from '../../../src/domain/owner.ts'
import { createMapFollower, type MapConsumer } from '../../../src/maps/follow-maps.ts'
import { createMapStore, type MapStore } from '../../../src/maps/map-store.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { SOUND_MAP, soundFolder } from '../../support/broken-config.ts'
import { testDrivers } from '../../support/config-driver.ts'
import { mistakes, SOUND_MAPS } from '../../support/mistakes.ts'

let cwd: string
let stop: AbortController
let calls: string[]
let filesRead: number
let lines: Readonly<Record<string, unknown>>[]
beforeEach(() => {
  cwd = soundFolder()
  stop = new AbortController()
  calls = []
  filesRead = 0
  lines = []
})
afterEach(() => rmSync(cwd, { recursive: true }))

const write = (name: string, text: string) => writeFileSync(join(cwd, 'devices', `${name}.yaml`), text)
const mapOf = (machine: string) => SOUND_MAP.replace('PRESS-07', machine)
const remove = (name: string) => rmSync(join(cwd, 'devices', `${name}.yaml`))

/** A real store that counts the steps asked of it. */
function countingStore(): Pick<MapStore, 'read' | 'forget'> {
  const store = createMapStore({
    devicesFolder: 'devices',
    dataFolder: join(cwd, 'data'),
    drivers: testDrivers,
    cwd,
    now: () => 0,
  })
  return {
    forget: store.forget,
    *read() {
      const reading = store.read()
      for (;;) {
        filesRead += 1
        const step = reading.next()
        if (step.done) return step.value
        yield step.value
      }
    },
  }
}

function newFollower(onPut: (owner: Owner) => void = () => {}, onRemove: (owner: Owner) => void = () => {}) {
  const consumer: MapConsumer = {
    put: async (owner) => {
      calls.push(`put ${owner}`)
      onPut(owner)
    },
    remove: async (owner, lastMap) => {
      calls.push(`remove ${owner}${lastMap ? ` with the map of ${lastMap.file}` : ''}`)
      onRemove(owner)
    },
  }
  return createMapFollower({
    store: countingStore(),
    devicesFolder: join(cwd, 'devices'),
    consumer,
    clock: systemClock,
    log: createLog('info', { write: (line) => void lines.push(JSON.parse(line)) }),
    onReload: () => () => {},
  })
}

describe('the maps in force', () => {
  it('are put once each, again when they change, and taken away with their file', async () => {
    write('a', mapOf('A'))
    write('b', mapOf('B'))
    const follower = newFollower()
    await follower.load(stop.signal)
    await follower.load(stop.signal)
    expect(calls.splice(0)).toEqual(['put machine:A', 'put machine:B'])
    write('b', `${mapOf('B')}stops: {micro_stop_below: 60s}\n`)
    remove('a')
    await follower.load(stop.signal)
    expect(calls).toEqual(['put machine:B', 'remove machine:A with the map of devices/a.yaml'])
  })

  it('stay when a file turns bad, which is a trouble with its machine until it is mended', async () => {
    write('a', mapOf('A'))
    const follower = newFollower()
    await follower.load(stop.signal)
    expect(follower.health()).toMatchObject({
      summary: { inForce: [{ owner: 'machine:A', faults: [] }] },
      troubles: [],
    })
    write('a', mapOf('A').replace('is: down', 'is: dwon'))
    write('z', 'machine: Z\n')
    await follower.load(stop.signal)
    const { summary, troubles } = follower.health()
    expect(summary.inForce).toMatchObject([{ owner: machineOwner('A'), file: 'devices/a.yaml' }])
    expect(troubles[0]).toEqual({
      code: 'map-faults',
      what: 'devices/a.yaml:7:32: "dwon" is not valid here',
      hint: 'did you mean "down"?; until then its last good map goes on',
      sinceMs: null,
      machine: 'A',
    })
    expect(troubles.slice(1).every(({ what }) => what.startsWith('devices/z.yaml:'))).toBe(true)
    const warnings = lines.filter(({ level }) => level === 40)
    expect(warnings.length).toBeGreaterThan(1)
    expect(warnings.every(({ code }) => code === 'map-faults')).toBe(true)
    expect(warnings[0]).toMatchObject({ machine: 'A', msg: expect.stringContaining('devices/a.yaml:7:32') })
    expect(calls).toEqual(['put machine:A'])
    write('a', mapOf('A'))
    remove('z')
    await follower.load(stop.signal)
    expect(follower.health().troubles).toEqual([])
  })

  it('have each fault told once in the log, and once that it is over, however often other files change', async () => {
    const faultsTold = () =>
      lines
        .splice(0)
        .filter(({ code }) => code === 'map-faults')
        .map(({ msg }) => String(msg).replace('last good map stays: ', ''))
    write('a', mapOf('A'))
    const follower = newFollower()
    await follower.load(stop.signal)
    write('a', mapOf('A').replace('is: down', 'is: dwon'))
    write('z', 'machine: Z\n')
    await follower.load(stop.signal)
    const told = faultsTold()
    expect(told.length).toBeGreaterThan(1)
    write('b', mapOf('B'))
    await follower.load(stop.signal)
    expect(faultsTold()).toEqual([])
    write('a', mapOf('A'))
    remove('z')
    await follower.load(stop.signal)
    expect(faultsTold()).toEqual(told.map((text) => `over: ${text}`))
  })

  it('are tried again when they could not be put in force', async () => {
    write('a', mapOf('A'))
    let isBroken = true
    const follower = newFollower(() => {
      if (isBroken) throw new Error('no room')
    })
    await expect(follower.load(stop.signal)).rejects.toThrow('no room')
    isBroken = false
    await follower.load(stop.signal)
    expect(calls).toEqual(['put machine:A', 'put machine:A'])
  })
})

describe('a machine that is running', () => {
  it('is left alone by every mistake that people make in its map, and by its mending', async () => {
    for (const [base, text] of Object.entries(SOUND_MAPS)) write(base, text)
    const follower = newFollower()
    await follower.load(stop.signal)
    calls.splice(0)
    for (const mistake of mistakes.filter(({ told }) => told.length > 0)) {
      writeFileSync(join(cwd, 'devices', `${mistake.base}.yaml`), mistake.bytes)
      await follower.load(stop.signal)
      expect(follower.health().troubles.length, mistake.what).toBeGreaterThan(0)
      write(mistake.base, SOUND_MAPS[mistake.base] ?? '')
      await follower.load(stop.signal)
      expect({ what: mistake.what, calls }).toEqual({ what: mistake.what, calls: [] })
    }
    expect(follower.health()).toMatchObject({ summary: { inForce: [{}, {}] }, troubles: [] })
  }, 60_000)
})

describe('a map that was taken away', () => {
  it('while the gateway was stopped ends its machine at the next start, by its last good map', async () => {
    write('a', mapOf('A'))
    write('b', mapOf('B'))
    await newFollower().load(stop.signal)
    calls.splice(0)
    remove('b')
    await newFollower().load(stop.signal)
    expect(calls.splice(0)).toEqual(['put machine:A', 'remove machine:B with the map of devices/b.yaml'])
    await newFollower().load(stop.signal)
    expect(calls).toEqual(['put machine:A'])
  })

  it('is found again at the next start where its machine could not be ended', async () => {
    write('b', mapOf('B'))
    await newFollower().load(stop.signal)
    remove('b')
    const failing = newFollower(undefined, () => {
      throw new Error('the disk is full')
    })
    await expect(failing.load(stop.signal)).rejects.toThrow('the disk is full')
    calls.splice(0)
    await newFollower().load(stop.signal)
    expect(calls).toEqual(['remove machine:B with the map of devices/b.yaml'])
  })
})

describe('a stop while maps are being loaded', () => {
  const names = Array.from({ length: 12 }, (_, index) => `m${index + 10}`)

  it('reads no further file and takes nothing away', async () => {
    for (const name of names) write(name, mapOf(name))
    const follower = newFollower((owner) => {
      if (owner === machineOwner('m12')) stop.abort()
    })
    await follower.load(stop.signal)
    expect(filesRead).toBe(3)
    expect(calls).toHaveLength(3)
  })

  it('also ends a later reading, in which maps not yet reached stay in force', async () => {
    for (const name of names) write(name, mapOf(name))
    const follower = newFollower((owner) => {
      if (calls.length > names.length && owner === machineOwner('m10')) stop.abort()
    })
    await follower.load(stop.signal)
    filesRead = 0
    write('m10', `${mapOf('m10')}stops: {micro_stop_below: 60s}\n`)
    remove('m20')
    await follower.load(stop.signal)
    expect(filesRead).toBe(1)
    expect(calls.slice(names.length)).toEqual(['put machine:m10'])
  })

  it.each([
    ['bad', () => 'machine: [\n'],
    ['of a kind that only the parser understands', (name: string) => mapOf(`"\\x41${name}"`)],
  ])('is noticed between files that are %s', async (_, text) => {
    for (const name of names) write(name, text(name))
    const follower = newFollower()
    const loading = follower.load(stop.signal)
    stop.abort()
    await loading
    expect(filesRead).toBe(1)
    expect(calls).toEqual([])
  })
})
