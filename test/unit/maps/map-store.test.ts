import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { faultText } from '../../../src/domain/errors.ts'
import { machineOwner, stationOwner } from '../../../src/domain/owner.ts'
import { compileMap, MAP_KINDS } from '../../../src/maps/compile-map.ts'
import { type MapInForce, type MapSet, readProfileFaults } from '../../../src/maps/map-files.ts'
import { isStationMap, type MapKind } from '../../../src/maps/map-kind.ts'
import { createMapStore, type MapReading, type MapStore } from '../../../src/maps/map-store.ts'
import { SOUND_MAP, soundFolder } from '../../support/broken-config.ts'
import { testHardware } from '../../support/hardware.ts'
import { machineMap } from '../../support/machine-map.ts'

let cwd: string
let nowMs: number
beforeEach(() => {
  cwd = soundFolder()
  mkdirSync(join(cwd, 'data'))
  nowMs = Date.UTC(2026, 0, 31)
})
afterEach(() => rmSync(cwd, { recursive: true }))

/** A store as a newly started gateway has it: all that it knows of earlier is on disk. */
function newStore(kinds: readonly MapKind[] = MAP_KINDS): MapStore {
  nowMs += 1_000
  const options = {
    devicesFolder: 'devices',
    dataFolder: join(cwd, 'data'),
    ...testHardware,
    cwd,
    now: () => nowMs,
    kinds,
  }
  return createMapStore(options)
}

const load = (): Promise<MapSet> => newStore().load()

function write(name: string, text: string): void {
  writeFileSync(join(cwd, 'devices', name), text)
}

const machinesOf = ({ maps }: MapSet) =>
  maps.map(({ map, isLastGood }) => [machineMap(map).machine, isLastGood])
/** The steps of a reading that gave a map. */
function yielded(reading: MapReading): readonly MapInForce[] {
  const maps: MapInForce[] = []
  for (const step of reading) if (step) maps.push(step)
  return maps
}
const OPCUA_MAP = `machine: FILL-01
device: {driver: opcua, url: "opc.tcp://10.0.0.1:4840", security: None}
signals: {state: {node: "ns=2;s=State"}}
status: [{when: {state: 1}, is: running}, {else: true, is: idle}]
`
const PRESS_08 = SOUND_MAP.replace('PRESS-07', 'PRESS-08')

describe('the maps in force', () => {
  it('are those of files with any name, and their faults stay on one line', async () => {
    write('new\nline.yaml', SOUND_MAP)
    write('red\u001b[31m.yaml', '"\\e[2J\\u009b": 1')
    const set = await load()
    expect(machinesOf(set)).toEqual([['PRESS-07', false]])
    const texts = set.faults.map(faultText)
    expect(texts[0]).toContain('devices/red\\u001b[31m.yaml:1:1: ')
    expect(texts.join('')).toContain('unknown key "\\u001b[2J\\u009b"')
    expect(texts.join('')).not.toMatch(/\p{Cc}/u)
  })

  // Reading a named pipe waits until somebody writes to it, and a stop waits with it.
  it('are read beside whatever else may lie there, and each such thing is named', async () => {
    write('a.yaml', SOUND_MAP)
    const socket = createServer().listen(join(cwd, 'devices', 'socket.yaml'))
    await once(socket, 'listening')
    execFileSync('mkfifo', [join(cwd, 'devices', 'pipe.yaml')])
    mkdirSync(join(cwd, 'devices', 'folder.yaml'))
    symlinkSync('pipe.yaml', join(cwd, 'devices', 'linked.yaml'))
    symlinkSync('/dev/zero', join(cwd, 'devices', 'device.yaml'))
    symlinkSync('circle.yaml', join(cwd, 'devices', 'circle.yaml'))
    symlinkSync('missing', join(cwd, 'devices', 'nowhere.yaml'))
    write('huge.yaml', '')
    truncateSync(join(cwd, 'devices', 'huge.yaml'), 2 ** 40)
    const set = await load()
    socket.close()
    expect(machinesOf(set)).toEqual([['PRESS-07', false]])
    expect(set.faults.map(({ file, message }) => `${file}: ${message}`).toSorted()).toEqual([
      'devices/circle.yaml: the file cannot be read: its symbolic links lead in a circle',
      'devices/device.yaml: the file cannot be read: it is a device',
      'devices/folder.yaml: the file cannot be read: it is a folder',
      'devices/huge.yaml: the file cannot be read: it is too long',
      'devices/linked.yaml: the file cannot be read: it is a named pipe',
      'devices/nowhere.yaml: the file cannot be read: it does not exist',
      'devices/pipe.yaml: the file cannot be read: it is a named pipe',
      'devices/socket.yaml: the file cannot be read: it is a socket',
    ])
  })

  it('are those of the folder, each since it was first read', async () => {
    write('a.yaml', SOUND_MAP)
    const first = (await load()).maps[0]
    expect(first).toMatchObject({ file: 'devices/a.yaml', isLastGood: false, faults: [], loadedAtMs: nowMs })
    write('b.yaml', PRESS_08)
    const again = await load()
    expect(machinesOf(again)).toEqual([
      ['PRESS-07', false],
      ['PRESS-08', false],
    ])
    expect(again.maps.map(({ loadedAtMs }) => loadedAtMs)).toEqual([first?.loadedAtMs, nowMs])
  })

  it.each([
    ['is misspelt', SOUND_MAP.replace('is: down', 'is: dwon')],
    ['is half written', SOUND_MAP.slice(0, 150)],
    ['is cut short before its machine', 'mach'],
    ['is empty', ''],
    ['is no YAML', 'machine: [PRESS-07'],
  ])('stay as they were when a file %s, over a restart too', async (_, bad) => {
    write('a.yaml', SOUND_MAP)
    const good = (await load()).maps[0]
    write('a.yaml', bad)
    for (const set of [await load(), await load()]) {
      expect(machinesOf(set)).toEqual([['PRESS-07', true]])
      expect(set.maps[0]?.map).toEqual(good?.map)
      expect(set.maps[0]?.loadedAtMs).toBe(good?.loadedAtMs)
      expect(set.maps[0]?.faults[0]?.file).toBe('devices/a.yaml')
      expect(set.faults).toEqual([])
    }
  })

  it('are new again once the file is mended', async () => {
    write('a.yaml', SOUND_MAP)
    await load()
    write('a.yaml', 'machine: [')
    await load()
    write('a.yaml', `${SOUND_MAP}stops: {micro_stop_below: 60s}\n`)
    const { maps } = await load()
    expect(maps[0]).toMatchObject({
      isLastGood: false,
      loadedAtMs: nowMs,
      map: { stops: { microStopBelowMs: 60_000 } },
    })
  })

  it('do not have a machine that never had a good map, and the others run', async () => {
    write('a.yaml', 'machine: PRESS-07\n')
    write('b.yaml', PRESS_08)
    const set = await load()
    expect(machinesOf(set)).toEqual([['PRESS-08', false]])
    expect(set.faults.map(faultText)).toContain(
      'devices/a.yaml:1:1: "device" is missing; as in device: {driver: modbus-tcp, host: 10.20.3.17}',
    )
  })

  it('lose a machine whose file was taken away', async () => {
    write('a.yaml', SOUND_MAP)
    await load()
    rmSync(join(cwd, 'devices/a.yaml'))
    const store = newStore()
    const gone = { owner: machineOwner('PRESS-07'), map: { machine: 'PRESS-07', file: 'devices/a.yaml' } }
    expect(await store.load()).toMatchObject({ maps: [], faults: [], takenAway: [gone] })
    store.forget(gone.owner)
    await store.settled()
    expect(await load()).toEqual({ maps: [], takenAway: [], unusable: [], faults: [], passedOver: [] })
    expect(readdirSync(join(cwd, 'data/maps'))).toEqual([])
  })

  it('keep all machines while the whole folder is away', async () => {
    write('a.yaml', SOUND_MAP)
    await load()
    renameSync(join(cwd, 'devices'), join(cwd, 'away'))
    const set = await load()
    expect(machinesOf(set)).toEqual([['PRESS-07', true]])
    expect(set.maps[0]?.faults.map(faultText)).toEqual([
      'devices:1:1: the folder of device maps cannot be read: it does not exist',
    ])
    renameSync(join(cwd, 'away'), join(cwd, 'devices'))
    expect(machinesOf(await load())).toEqual([['PRESS-07', false]])
  })

  it('keep a machine whose file is a folder or a dead link now', async () => {
    write('a.yaml', SOUND_MAP)
    await load()
    rmSync(join(cwd, 'devices/a.yaml'))
    mkdirSync(join(cwd, 'devices/a.yaml'))
    expect(machinesOf(await load())).toEqual([['PRESS-07', true]])
  })

  it('follow a table of codes beside them, and keep the last good one', async () => {
    const withTable = SOUND_MAP.replace('is: down', 'is: down, reason: from state').concat(
      'reasons:\n  state:\n    file: codes.csv\n    6: {code: own}\n',
    )
    const reasonsOf = ({ maps }: MapSet) =>
      machineMap(maps[0]?.map).faults[0]?.reasons.map(({ code }) => code)
    write('press-07.yaml', withTable)
    expect((await load()).faults.map(faultText)).toEqual([
      'devices/press-07.yaml:12:11: the table devices/codes.csv cannot be read: it does not exist; it stands beside the maps',
    ])
    write('codes.csv', 'fault;code\n5;jam\n6;other\n')
    expect(reasonsOf(await load())).toEqual(['jam', 'own'])
    write('codes.csv', 'fault;code\n5;torn\n')
    expect(reasonsOf(await load())).toEqual(['torn', 'own'])
    write('codes.csv', 'fault;code;category\n5;jam;mechanical\n')
    const bad = await load()
    expect(reasonsOf(bad)).toEqual(['torn', 'own'])
    expect(bad.maps[0]).toMatchObject({
      isLastGood: true,
      faults: [{ file: 'devices/codes.csv', line: 2, column: 7 }],
    })
  })

  it.each([
    ['1: auto_run', '1: auto_run, 70000: never', { message: 'a u16 is never 70000', line: 5 }],
    [
      '10.20.3.17',
      '010.020.003.017',
      { message: expect.stringMatching(/is not a host: leading zeros/), line: 2 },
    ],
  ])(
    'that an earlier version took go on where the present one is stricter than %s for %s, and the fault is told',
    async (sound, odd, fault) => {
      const slip = SOUND_MAP.replace(sound, odd)
      expect(slip).not.toBe(SOUND_MAP)
      write('press-07.yaml', SOUND_MAP)
      await load()
      const kept = join(cwd, 'data/maps/PRESS-07.json')
      const { tables: _, ...record } = JSON.parse(readFileSync(kept, 'utf8'))
      writeFileSync(kept, JSON.stringify({ ...record, text: slip }))
      write('press-07.yaml', slip)
      expect((await load()).maps).toMatchObject([{ isLastGood: true, faults: [fault] }])
    },
  )

  it('go on at a server whose URL names who logs in, which is told without the password and never sent', async () => {
    const slip = OPCUA_MAP.replace('opc.tcp://', 'opc.tcp://gateway:secret@')
    write('filler.yaml', OPCUA_MAP)
    await load()
    const kept = join(cwd, 'data/maps/FILL-01.json')
    writeFileSync(kept, JSON.stringify({ ...JSON.parse(readFileSync(kept, 'utf8')), text: slip }))
    write('filler.yaml', slip)
    const set = await load()
    expect(set.maps).toMatchObject([
      {
        isLastGood: true,
        map: { devices: [{ settings: { url: 'opc.tcp://10.0.0.1:4840' } }] },
        faults: [{ message: 'a URL holds nobody who logs in' }],
      },
    ])
    expect(JSON.stringify(set)).not.toContain('secret')
  })

  it('follow a file that is renamed, or that names another machine', async () => {
    write('a.yaml', SOUND_MAP)
    await load()
    renameSync(join(cwd, 'devices/a.yaml'), join(cwd, 'devices/b.yaml'))
    expect((await load()).maps).toMatchObject([{ file: 'devices/b.yaml', isLastGood: false, faults: [] }])
    write('b.yaml', PRESS_08)
    expect(machinesOf(await load())).toEqual([['PRESS-08', false]])
  })

  it('stay over a restart also where the code of a machine is long and of a script with large letters', async () => {
    const codes = ['一', '二'].map((last) => `${'注塑机'.repeat(20)}${last}`)
    for (const [at, code] of codes.entries()) write(`m${at}.yaml`, SOUND_MAP.replace('PRESS-07', code))
    expect((await load()).maps.flatMap(({ faults }) => faults)).toEqual([])
    for (const at of codes.keys()) write(`m${at}.yaml`, 'machine: [')
    expect(machinesOf(await load())).toEqual(codes.map((code) => [code, true]))
  })

  it('leave a machine with the file that had it first when a second file claims it', async () => {
    write('b.yaml', SOUND_MAP)
    await load()
    write('a.yaml', SOUND_MAP)
    const set = await load()
    expect(set.maps).toMatchObject([{ file: 'devices/b.yaml', isLastGood: false }])
    expect(set.faults).toMatchObject([{ file: 'devices/a.yaml', line: 1, column: 10 }])
  })

  it.each([
    ['with the gateway running before', true],
    ['on a fresh data folder', false],
  ])('are those of the originals, not of copies beside them, %s', async (_, hadIt) => {
    write('press-07.yaml', SOUND_MAP)
    if (hadIt) await load()
    const copies = ['press-07 - Copy.yaml', 'press-07 (2).yaml', 'Copy of press-07.yaml', 'press-07-old.yaml']
    for (const name of copies) write(name, SOUND_MAP)
    const set = await load()
    expect(set.maps).toMatchObject([{ file: 'devices/press-07.yaml' }])
    expect(set.faults.map(({ file }) => file).toSorted()).toEqual(
      copies.map((name) => `devices/${name}`).toSorted(),
    )
    expect(set.faults[0]?.message).toBe(
      'the machine "PRESS-07" is already described in devices/press-07.yaml:1:10',
    )
  })

  it.each([
    ['still names its machine', SOUND_MAP.replace('is: down', 'is: dwon')],
    ['is cut off', SOUND_MAP.slice(0, 150)],
    ['is empty', ''],
  ])('do not become those of a copy while the original is bad and %s', async (_, bad) => {
    write('press-07.yaml', SOUND_MAP)
    await load()
    write('a copy.yaml', SOUND_MAP.replace('type: u16', 'type: i16'))
    write('press-07.yaml', bad)
    const set = await load()
    expect(set.maps).toMatchObject([{ file: 'devices/press-07.yaml', isLastGood: true }])
    expect(set.faults.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      expect.stringMatching(
        /^devices\/a copy.yaml: the machine "PRESS-07" is already described in devices\/press-07.yaml/,
      ),
    ])
  })

  it('name what lies beside them and looks like a map that is read', async () => {
    write('press-07.yaml', SOUND_MAP)
    for (const name of [
      'press-08.yaml.txt',
      'PRESS-09.YAML',
      'press-10',
      'press-11.txt',
      'press-07.yaml~',
      '#press-07.yaml',
    ])
      write(name, PRESS_08)
    for (const name of ['README', 'notes.txt', 'codes.csv', '.press-07.yaml.swp'])
      write(name, 'machines: all of hall 1\n')
    for (const folder of ['hall2', 'empty', 'profiles', '..data']) mkdirSync(join(cwd, 'devices', folder))
    write('hall2/press-12.yaml', PRESS_08)
    for (const name of ['plc.yaml', 'plc.yml', 'drive.YAML']) write(`profiles/${name}`, 'device: {}\n')
    const set = await load()
    expect(machinesOf(set)).toEqual([['PRESS-07', false]])
    expect(set.faults).toEqual([])
    const named = set.passedOver.map(
      ({ file, message, hint }) => `${file}: ${message.split(':')[0]}; ${hint}`,
    )
    expect(named.toSorted()).toEqual([
      'devices/#press-07.yaml: passed over; move it away if nobody needs it',
      'devices/PRESS-09.YAML: passed over; rename it to PRESS-09.yaml if it is one',
      'devices/hall2: passed over; move them into devices if they are meant',
      'devices/press-07.yaml~: passed over; move it away if nobody needs it',
      'devices/press-08.yaml.txt: passed over; rename it to press-08.yaml if it is one',
      'devices/press-10: passed over; rename it to press-10.yaml if it is one',
      'devices/press-11.txt: passed over; rename it to press-11.yaml if it is one',
      'devices/profiles/drive.YAML: passed over; rename it, or move it away if nobody needs it',
      'devices/profiles/plc.yml: passed over; rename it, or move it away if nobody needs it',
    ])
  })

  it('may draw on a profile whose file ends in .yml', async () => {
    mkdirSync(join(cwd, 'devices/profiles'))
    write('profiles/plc.yml', 'device: {driver: modbus-tcp, unit: 9}\n')
    write('a.yaml', SOUND_MAP.replace('driver: modbus-tcp', 'profile: plc'))
    expect(await load()).toMatchObject({
      maps: [{ map: { devices: [{ settings: { unit: 9 } }] } }],
      faults: [],
    })
  })

  it('say that the folder of profiles cannot be read, and not that a profile is unknown', async () => {
    symlinkSync('profiles', join(cwd, 'devices/profiles'))
    write('a.yaml', SOUND_MAP.replace('driver: modbus-tcp', 'profile: plc'))
    const unread =
      'the folder of profiles devices/profiles cannot be read: its symbolic links lead in a circle'
    const texts = (await load()).faults.map(faultText)
    expect(texts[0]).toContain(`devices/a.yaml:2:19: ${unread}; `)
    expect(texts.join('')).not.toContain('unknown profile')
    const profileFaults = readProfileFaults({ folder: join(cwd, 'devices'), ...testHardware, cwd })
    expect(profileFaults).toMatchObject([{ file: 'devices/profiles', message: unread }])
  })

  it('do not need a profile any more that they were read with', async () => {
    mkdirSync(join(cwd, 'devices/profiles'))
    const profile = join(cwd, 'devices/profiles/plc.yaml')
    writeFileSync(profile, 'device: {driver: modbus-tcp, unit: 9}\n')
    write('a.yaml', SOUND_MAP.replace('driver: modbus-tcp', 'profile: plc'))
    const good = (await load()).maps[0]
    rmSync(profile)
    const [machine] = (await load()).maps
    expect(machine).toMatchObject({ isLastGood: true, map: good?.map })
    expect(machine?.faults.map(faultText)[0]).toContain('unknown profile "plc"')
  })

  it('are in force although they could not be kept, and say so', async () => {
    write('a.yaml', SOUND_MAP)
    rmSync(join(cwd, 'data'), { recursive: true })
    writeFileSync(join(cwd, 'data'), 'a file in the way')
    const { maps } = await load()
    expect(maps).toMatchObject([{ isLastGood: false, map: { machine: 'PRESS-07' } }])
    expect(maps[0]?.faults[0]?.message).toContain('could not be kept as the last good one')
  })

  it('survive a damaged last good map of another machine', async () => {
    write('a.yaml', SOUND_MAP)
    await load()
    writeFileSync(join(cwd, 'data/maps/PRESS-09.json'), '\u0000\u0000\u0000')
    const set = await load()
    expect(machinesOf(set)).toEqual([['PRESS-07', false]])
    expect(set.faults).toMatchObject([{ file: 'data/maps/PRESS-09.json' }])
  })

  it('may be of machines whose codes no file could be called after', async () => {
    write('a.yaml', SOUND_MAP.replace('PRESS-07', '"../../Halle 3/Säge: №7"'))
    expect((await load()).maps[0]?.faults).toEqual([])
    write('a.yaml', '')
    expect(machinesOf(await load())).toEqual([['../../Halle 3/Säge: №7', true]])
    expect(existsSync(join(cwd, '../Halle 3'))).toBe(false)
  })

  it('ignore what editors leave beside the files', async () => {
    write('a.yaml', SOUND_MAP)
    write('.a.yaml.swp', 'x')
    write('a.yaml~', 'x')
    write('#a.yaml', 'x')
    write('notes.txt', 'x')
    expect(await load()).toMatchObject({ maps: [{ map: { machine: 'PRESS-07' } }], faults: [] })
  })

  it('are told one by one, each before the next file is understood, and kept when all are in force', async () => {
    write('a.yaml', SOUND_MAP)
    write('b.yaml', PRESS_08)
    const store = newStore()
    const reading = store.read()
    expect(reading.next().value).toMatchObject({ map: { machine: 'PRESS-07' } })
    write('b.yaml', PRESS_08.replace('machine: PRESS-08', 'machine: PRESS-09'))
    expect(reading.next().value).toMatchObject({ map: { machine: 'PRESS-09' } })
    expect(existsSync(join(cwd, 'data/maps'))).toBe(false)
    expect(yielded(reading)).toEqual([])
    await store.settled()
    expect(readdirSync(join(cwd, 'data/maps'))).toEqual(['PRESS-07.json', 'PRESS-09.json'])
  })

  it.each([
    ['plainly', PRESS_08],
    ['in a way that only YAML understands', PRESS_08.replace('PRESS-08', '"PRESS\\x2d08"')],
  ])('are never told of a second file that claims a machine %s', async (_, twin) => {
    write('a.yaml', SOUND_MAP)
    write('b.yaml', PRESS_08)
    await load()
    write('a.yaml', twin)
    expect(yielded(newStore().read()).map(({ map, file }) => [machineMap(map).machine, file])).toEqual([
      ['PRESS-08', 'devices/b.yaml'],
    ])
  })

  it('never have a machine twice when a file changes while it is being read', async () => {
    write('a.yaml', SOUND_MAP)
    write('b.yaml', PRESS_08)
    const reading = newStore().read()
    expect(reading.next().value).toMatchObject({ file: 'devices/a.yaml' })
    write('b.yaml', SOUND_MAP)
    expect(yielded(reading)).toEqual([])
    expect((await load()).faults).toMatchObject([{ file: 'devices/b.yaml', path: 'machine' }])
  })
})

describe('a last good map', () => {
  it('of the format before subjects is still found, under the same name', async () => {
    write('a.yaml', SOUND_MAP)
    await load()
    const file = join(cwd, 'data/maps/PRESS-07.json')
    const { owner, ...content } = JSON.parse(readFileSync(file, 'utf8'))
    expect(owner).toBe('machine:PRESS-07')
    writeFileSync(file, JSON.stringify({ machine: 'PRESS-07', ...content }))
    write('a.yaml', 'machine: [')
    const set = await load()
    expect(machinesOf(set)).toEqual([['PRESS-07', true]])
    expect(set.faults).toEqual([])
    rmSync(join(cwd, 'devices/a.yaml'))
    const store = newStore()
    for (const { owner } of (await store.load()).takenAway) store.forget(owner)
    await store.settled()
    expect(existsSync(file)).toBe(false)
  })
})

describe("a scanner's map", () => {
  const STATION = `scanner: PRESS-07
port: {tcp: "10.20.3.40:4001", brand: none}
operator: {badge: '^B(?<employee_code>[0-9]+)$'}
rules: [{match: '^L[0-9]+$', is: label}]
`
  const stationIn = ({ maps }: MapSet) => maps.find(({ owner }) => owner === stationOwner('PRESS-07'))
  const patternIn = (set: MapSet) => {
    const map = stationIn(set)?.map
    return map && isStationMap(map) && map.rules[0]?.takes
  }

  // Fault of the catalogue: [H1]
  it('stays in force when its file turns bad, over a restart too, beside a machine of the same code', async () => {
    write('a.yaml', SOUND_MAP)
    write('b.yaml', STATION)
    expect((await newStore().load()).faults).toEqual([])
    expect(readdirSync(join(cwd, 'data/maps'))).toEqual(['PRESS-07.json', 'station@PRESS-07.json'])
    write('b.yaml', STATION.replace('[0-9]+$', '[0-9+$'))
    const set = await newStore().load()
    expect(stationIn(set)).toMatchObject({ isLastGood: true, faults: [{ path: 'rules.0.match', line: 4 }] })
    expect(patternIn(set)).toEqual({ kind: 'match', pattern: /^L[0-9]+$/u })
  })

  it('that was taken away is known with its last map, until it is forgotten', async () => {
    write('b.yaml', STATION)
    await newStore().load()
    rmSync(join(cwd, 'devices/b.yaml'))
    const store = newStore()
    expect((await store.load()).takenAway).toMatchObject([
      { owner: stationOwner('PRESS-07'), map: { scanner: 'PRESS-07' } },
    ])
    store.forget(stationOwner('PRESS-07'))
    expect((await store.load()).takenAway).toEqual([])
  })
})

describe('a kind of subject that a test adds', () => {
  /** Understood like a machine, but for its head. */
  const station: MapKind = {
    key: 'station',
    ownerOf: stationOwner,
    compile: ({ text, file }, context) =>
      compileMap(parseYaml(text.replace('station:', 'machine:'), file), context),
  }
  const kinds = [station, ...MAP_KINDS]
  const STATION = SOUND_MAP.replace('machine: PRESS-07', 'station: PRESS-07')
  const ownersOf = ({ maps }: MapSet) => maps.map(({ owner, isLastGood }) => [owner, isLastGood])

  it('is kept apart from a machine of the same code, and stays when its file turns bad', async () => {
    write('a.yaml', SOUND_MAP)
    write('b.yaml', STATION)
    expect(ownersOf(await newStore(kinds).load())).toEqual([
      [machineOwner('PRESS-07'), false],
      [stationOwner('PRESS-07'), false],
    ])
    expect(readdirSync(join(cwd, 'data/maps'))).toEqual(['PRESS-07.json', 'station@PRESS-07.json'])
    write('b.yaml', 'station: PRESS-07\nsignals: [')
    expect(ownersOf(await newStore(kinds).load())).toEqual([
      [machineOwner('PRESS-07'), false],
      [stationOwner('PRESS-07'), true],
    ])
  })

  it('is told from its text, and named by its kind when two files describe one', async () => {
    write('a.yaml', STATION)
    write('b.yaml', STATION)
    const { faults } = await newStore(kinds).load()
    expect(faults.map(faultText)).toEqual([
      'devices/b.yaml:1:10: the station "PRESS-07" is already described in devices/a.yaml:1:10; remove one of them, or correct the name in b.yaml',
    ])
  })
})
