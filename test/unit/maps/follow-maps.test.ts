import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { machineOwner, type Owner } from '../../../src/domain/owner.ts'
import { createMapFollower, type MapConsumer } from '../../../src/maps/follow-maps.ts'
import { createMapStore, type MapStore } from '../../../src/maps/map-store.ts'
import type { Absent } from '../../../src/maps/mapless.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { SOUND_MAP, soundFolder } from '../../support/broken-config.ts'
import { testHardware } from '../../support/hardware.ts'
import { mistakes, SOUND_MAPS } from '../../support/mistakes.ts'

let cwd: string
let stop: AbortController
let calls: string[]
/** What went into the history, and how many maps had been put in force by then. */
let noted: { readonly owner: Owner; readonly what: string | null; readonly puts: number }[]
let filesRead: number
let lines: Readonly<Record<string, unknown>>[]
beforeEach(() => {
  cwd = soundFolder()
  mkdirSync(join(cwd, 'data'))
  stop = new AbortController()
  calls = []
  noted = []
  notingMs = 0
  refusals = 0
  hurry = 1
  filesRead = 0
  lines = []
})
afterEach(() => rmSync(cwd, { recursive: true }))

const write = (name: string, text: string) => writeFileSync(join(cwd, 'devices', `${name}.yaml`), text)
const mapOf = (machine: string) => SOUND_MAP.replace('PRESS-07', machine)
const remove = (name: string) => rmSync(join(cwd, 'devices', `${name}.yaml`))

/** A real store that counts the steps asked of it. */
function countingStore(): Omit<MapStore, 'load'> {
  const store = createMapStore({
    devicesFolder: 'devices',
    dataFolder: join(cwd, 'data'),
    ...testHardware,
    cwd,
    now: () => 0,
  })
  return {
    ...store,
    get unkept() {
      return store.unkept
    },
    *read(options) {
      const reading = store.read(options)
      for (;;) {
        filesRead += 1
        const step = reading.next()
        if (step.done) return step.value
        yield step.value
      }
    },
  }
}

/** How long the disk takes for what goes into the history, and how often it refuses that. */
let notingMs: number
let refusals: number
/** How much faster than on the wall the time of waits passes. */
let hurry: number

function newFollower(
  onPut: (owner: Owner) => void = () => {},
  onRemove: (owner: Owner) => void = () => {},
  absent: readonly Absent[] = [],
) {
  const left = new Map(absent.map((one) => [one.owner, one]))
  const consumer: MapConsumer = {
    put: async (owner) => {
      calls.push(`put ${owner}`)
      onPut(owner)
    },
    remove: async (owner, lastMap) => {
      calls.push(`remove ${owner}${lastMap ? ` with the map of ${lastMap.file}` : ''}`)
      onRemove(owner)
    },
    putWithoutMap: (owner, file) => {
      calls.push(`put ${owner} without a map for ${file}`)
      left.delete(owner)
    },
    absent: () => [...left.values()],
    reading: () => undefined,
  }
  const follower = createMapFollower({
    store: countingStore(),
    note:
      ({ owner, what }) =>
      async () => {
        refusals -= 1
        if (refusals >= 0) return { what: 'the disk is full', hint: 'free some space' }
        noted.push({ owner, what, puts: calls.length })
        await systemClock.sleep(notingMs)
        return undefined
      },
    devicesFolder: join(cwd, 'devices'),
    consumer,
    clock: { ...systemClock, after: (ms, callback) => systemClock.after(ms / hurry, callback) },
    log: createLog('info', { write: (line) => void lines.push(JSON.parse(line)) }),
    onReload: () => () => {},
  })
  const only = follower.load.bind(follower)
  return Object.assign(follower, {
    /** With all that is kept of it. */
    load: async (signal: AbortSignal) => {
      await only(signal)
      await follower.settled()
    },
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

  it('are the same ones as before after a reading that finds nothing new in them', async () => {
    write('press-07', SOUND_MAP)
    const follower = newFollower()
    const owner = machineOwner('PRESS-07')
    await follower.load(stop.signal)
    const { map } = follower.standing(owner).inForce ?? {}
    write('press-07', `${SOUND_MAP}# only a word more\n`)
    await follower.load(stop.signal)
    expect(calls).toEqual([`put ${owner}`])
    expect(follower.standing(owner).inForce?.map).toBe(map)
  })

  it('go into the history only once all are in force, at the start and with each change', async () => {
    write('a', mapOf('A'))
    write('b', mapOf('B'))
    const follower = newFollower()
    await follower.load(stop.signal)
    expect(noted.splice(0)).toEqual([
      { owner: 'machine:A', what: null, puts: 2 },
      { owner: 'machine:B', what: null, puts: 2 },
    ])
    write('a', `${mapOf('A')}stops: {micro_stop_below: 60s}\n`)
    write('c', mapOf('C'))
    await follower.load(stop.signal)
    expect(noted).toEqual([
      { owner: 'machine:A', what: expect.any(String), puts: 4 },
      { owner: 'machine:C', what: null, puts: 4 },
    ])
  })

  it('give a machine that is called otherwise its new name only after the old one has left: nothing is read for both at once', async () => {
    write('a', mapOf('A'))
    write('c', mapOf('C'))
    const follower = newFollower()
    await follower.load(stop.signal)
    calls.splice(0)
    write('a', mapOf('B'))
    write('c', `${mapOf('C')}stops: {micro_stop_below: 60s}\n`)
    await follower.load(stop.signal)
    expect(calls).toEqual([
      'put machine:C',
      'remove machine:A with the map of devices/a.yaml',
      'put machine:B',
    ])
  })

  it('take in what is saved while the others are still being loaded at the start', async () => {
    write('a', mapOf('A'))
    write('b', mapOf('B'))
    const follower = newFollower((owner) => {
      if (owner === 'machine:B' && calls.length < 3)
        write('a', `${mapOf('A')}stops: {micro_stop_below: 60s}\n`)
    })
    await follower.load(stop.signal)
    const following = follower.follow(stop.signal)
    await expect
      .poll(() => calls, { timeout: 60_000 })
      .toEqual(['put machine:A', 'put machine:B', 'put machine:A'])
    stop.abort()
    await following
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

describe('a scanner', () => {
  it('is named by the trouble of its file, while its last good map goes on', async () => {
    write('st', SOUND_MAPS.scanner ?? '')
    const follower = newFollower()
    await follower.load(stop.signal)
    write('st', (SOUND_MAPS.scanner ?? '').replace('suffix: CR', 'suffix: crr'))
    await follower.load(stop.signal)
    expect(follower.health().troubles).toMatchObject([
      { code: 'map-faults', scanner: 'ST-12', hint: expect.stringContaining('its last good map goes on') },
    ])
    expect(calls).toEqual(['put station:ST-12'])
  })
})

describe('a machine or a station that is running', () => {
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
    expect(follower.health()).toMatchObject({ summary: { inForce: [{}, {}, {}] }, troubles: [] })
  }, 120_000)
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

describe('a machine that has a saved state and no map that can be used', () => {
  const OPEN = { owner: machineOwner('A'), isOpen: true }
  const ENDED = { owner: machineOwner('A'), isOpen: false }
  const newStart = (absent: readonly Absent[]) => newFollower(undefined, undefined, absent)
  const keptMap = () => join(cwd, 'data/maps/A.json')

  it.each([
    ['its last good map is lost', () => rmSync(join(cwd, 'data/maps'), { recursive: true })],
    ['its last good map is damaged', () => writeFileSync(keptMap(), '{')],
    [
      'this version cannot understand its last good map',
      () =>
        writeFileSync(
          keptMap(),
          readFileSync(keptMap(), 'utf8').replace('driver: modbus-tcp', 'driver: profinet'),
        ),
    ],
  ])('is named with its file while that is bad and %s, until it is mended', async (_, lose) => {
    write('a', mapOf('A'))
    await newFollower().load(stop.signal)
    lose()
    write('a', mapOf('A').replace('is: down', 'is: dwon'))
    for (const absent of [OPEN, ENDED]) {
      calls = []
      lines = []
      const follower = newStart([absent])
      await follower.load(stop.signal)
      await follower.load(stop.signal)
      expect(calls).toEqual(['put machine:A without a map for devices/a.yaml'])
      const told = {
        code: 'machine-without-map',
        machine: 'A',
        what: 'A is not read: neither devices/a.yaml nor an earlier map of it can be used',
        hint: 'mend devices/a.yaml; if A is no more, take its map away',
      }
      expect(follower.health().troubles).toContainEqual({ ...told, sinceMs: expect.any(Number) })
      const line = { level: 40, code: told.code, machine: 'A', msg: `${told.what}; ${told.hint}` }
      expect(lines.filter(({ code }) => code === told.code)).toMatchObject([line])
    }
    const follower = newStart([OPEN])
    await follower.load(stop.signal)
    write('a', mapOf('A'))
    calls = []
    await follower.load(stop.signal)
    // A damaged file is named until it has been written again, which the next reading finds.
    await follower.load(stop.signal)
    expect(calls).toEqual(['put machine:A'])
    expect(follower.health().troubles).toEqual([])
  })

  it('waits for a file that does not say whom it describes, and is ended once no such file is left', async () => {
    write('a', 'mach')
    const follower = newStart([OPEN])
    await follower.load(stop.signal)
    expect(calls.splice(0)).toEqual(['put machine:A without a map for devices/a.yaml'])
    remove('a')
    await follower.load(stop.signal)
    expect(calls).toEqual(['remove machine:A'])
    expect(follower.health().troubles).toEqual([])
  })

  it('is ended where its file is gone as well, and left alone where nothing of it is open', async () => {
    write('b', mapOf('B'))
    await newStart([OPEN]).load(stop.signal)
    expect(calls.splice(0)).toEqual(['put machine:B', 'remove machine:A'])
    await newStart([ENDED]).load(stop.signal)
    expect(calls).toEqual(['put machine:B'])
  })

  it('is not ended while the folder cannot be read', async () => {
    rmSync(join(cwd, 'devices'), { recursive: true })
    const follower = newStart([OPEN])
    await follower.load(stop.signal)
    expect(calls).toEqual(['put machine:A without a map for devices'])
  })
})

describe('a map that could not be kept on the disk', () => {
  it('goes on all the same when its file turns bad', async () => {
    write('a', mapOf('A'))
    rmSync(join(cwd, 'data'), { recursive: true })
    writeFileSync(join(cwd, 'data'), 'a file in the way')
    const follower = newFollower()
    await follower.load(stop.signal)
    write('a', mapOf('A').replace('is: down', 'is: dwon'))
    await follower.load(stop.signal)
    expect(calls).toEqual(['put machine:A'])
    expect(follower.health().summary.inForce).toMatchObject([{ owner: machineOwner('A') }])
  })

  it('is kept by itself once the disk takes it, with its history, and no file need be touched for that', async () => {
    write('a', mapOf('A'))
    rmSync(join(cwd, 'data'), { recursive: true })
    writeFileSync(join(cwd, 'data'), 'a file in the way')
    hurry = 100
    refusals = 2
    const follower = newFollower()
    await follower.load(stop.signal)
    const codes = () => follower.health().troubles.map(({ code }) => code)
    expect(codes()).toEqual(['map-faults', 'map-history-unkept'])
    rmSync(join(cwd, 'data'))
    mkdirSync(join(cwd, 'data'))
    await vi.waitFor(() => expect(codes()).toEqual([]), { timeout: 10_000 })
    expect(readFileSync(join(cwd, 'data/maps/A.json'), 'utf8')).toContain('machine: A')
    expect(noted).toMatchObject([{ owner: machineOwner('A') }])
    const told = lines.filter(({ code }) => code !== undefined).map(({ event, code }) => `${event} ${code}`)
    expect(told.toSorted()).toEqual([
      'trouble-began map-faults',
      'trouble-began map-history-unkept',
      'trouble-over map-faults',
      'trouble-over map-history-unkept',
    ])
  })
})

describe('a folder that cannot be read for a while', () => {
  it('does not end the faults of its files', async () => {
    write('a', mapOf('A'))
    const follower = newFollower()
    await follower.load(stop.signal)
    write('a', mapOf('A').replace('is: down', 'is: dwon'))
    await follower.load(stop.signal)
    lines = []
    renameSync(join(cwd, 'devices'), join(cwd, 'away'))
    await follower.load(stop.signal)
    renameSync(join(cwd, 'away'), join(cwd, 'devices'))
    await follower.load(stop.signal)
    const told = lines.filter(({ code }) => code === 'map-faults').map(({ msg }) => String(msg))
    expect(told).toEqual([
      expect.stringContaining('the folder of device maps cannot be read'),
      expect.stringMatching(/^over: devices:1:1: the folder/),
    ])
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
    // A step of the reading of the last good maps, and the first file.
    expect(filesRead).toBe(2)
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

describe('a disk that takes long for each history', () => {
  const names = Array.from({ length: 40 }, (_, index) => `m${index + 10}`)
  const saveAll = (more = '') => {
    for (const name of names) write(name, `${mapOf(name)}${more}`)
  }

  it('holds up neither the maps that come into force, nor a stop', async () => {
    saveAll()
    const follower = newFollower()
    await follower.load(stop.signal)
    const following = follower.follow(stop.signal)
    notingMs = 200
    noted = []
    saveAll('stops: {micro_stop_below: 60s}\n')
    const saved = follower.lookAgain()
    await expect.poll(() => calls.length, { timeout: 60_000 }).toBe(2 * names.length)
    write('new', mapOf('new'))
    await follower.lookAgain()
    expect(calls.at(-1)).toBe('put machine:new')
    expect(noted.length).toBeLessThan(names.length)
    stop.abort()
    await Promise.all([following, saved])
    expect(noted.length).toBeLessThan(names.length)
    for (const name of names) write(name, 'machine: [')
    calls = []
    await newFollower().load(new AbortController().signal)
    expect(calls).toHaveLength(names.length + 1)
  })
})
