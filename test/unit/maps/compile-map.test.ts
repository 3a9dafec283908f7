import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { faultText } from '../../../src/domain/errors.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { mapOfNothing } from '../../../src/status/without-map.ts'
import { testHardware } from '../../support/hardware.ts'
import { machineMap } from '../../support/machine-map.ts'

const DEVICE = 'machine: M-1\ndevice: {driver: modbus-tcp, host: 10.0.0.1}\n'
const SIGNALS = `signals:
  state: {at: 40101, type: u16, names: {0: off, 1: run, 3: fault}}
  code: {at: 40102, type: i16}
  door: {at: 10001, type: bit}
  text: {at: 40200/10, type: string}
`
const ELSE = '  - {else: true, is: idle}\n'

const tables = folderTables('/nowhere', '/')

function compile(text: string, profiles: Readonly<Record<string, string>> = {}) {
  const shelf = {
    names: () => Object.keys(profiles),
    find: (name: string) =>
      profiles[name] === undefined ? undefined : parseYaml(profiles[name], `${name}.yaml`),
  }
  return compileMap(parseYaml(text, 'm.yaml'), {
    ...testHardware,
    profiles: shelf,
    tables,
    folder: '/maps',
  })
}

function mapOf(text: string, profiles?: Readonly<Record<string, string>>): MachineMap {
  const { map, faults } = compile(text, profiles)
  expect(faults.map(faultText)).toEqual([])
  return machineMap(map)
}

function faultsOf(text: string, profiles?: Readonly<Record<string, string>>): readonly string[] {
  return compile(text, profiles).faults.map(faultText)
}

function ruledBy(when: string): MachineMap {
  return mapOf(`${DEVICE}${SIGNALS}status:\n  - {when: ${when}, is: down}\n${ELSE}`)
}

/** Without what the signals may show, which each condition carries along. */
function conditionOf(when: string): unknown {
  const text = JSON.stringify(ruledBy(when).rules[0]?.when, (key, inside) =>
    key === 'meaning' ? undefined : inside,
  )
  return JSON.parse(text)
}

describe('a device map', () => {
  it('that writes nothing of losses and downtimes is judged like a machine whose map cannot be read', () => {
    const { eventsFor, onCommLoss } = mapOfNothing('M-1', '')
    expect(ruledBy('{state: fault}')).toMatchObject({ eventsFor, onCommLoss })
  })

  it('names the signals that decide anything, each once', () => {
    const signals = `${SIGNALS}  parts: {at: 40301, type: u16, role: good_count}\n  order: {at: 40302, type: u16, role: work_order}\n  alive: {at: 40303, type: u16, role: heartbeat}\n`
    const rules =
      '  - {when: {all: [{state: fault}, {not: {door: 0}}]}, is: down, reason: from code}\n' +
      '  - {when: {state: run}, is: running}\n'
    const map = mapOf(`${DEVICE}${signals}status:\n${rules}${ELSE}`)
    expect([...map.relevantSignals].sort()).toEqual(['alive', 'code', 'door', 'order', 'parts', 'state'])
  })

  it('has a default for all that it leaves out', () => {
    const map = mapOf(`${DEVICE}${SIGNALS}status:\n${ELSE}`)
    expect(map).toMatchObject({
      machine: 'M-1',
      file: 'm.yaml',
      stops: { ignoreStopBelowMs: 2_000, ignoreRunBelowMs: 10_000, microStopBelowMs: 120_000 },
      eventsFor: ['down', 'setup'],
      onCommLoss: {
        afterMs: 30_000,
        holdMaxMs: 43_200_000,
        byStatus: {
          available: 'gap',
          running: 'gap',
          idle: 'gap',
          down: 'hold',
          setup: 'hold',
          maintenance: 'hold',
        },
      },
      heartbeats: [],
      counters: [],
      faults: [],
    })
    expect(map.devices[0]).toMatchObject({
      id: 'M-1',
      subject: 'machine:M-1',
      protocol: 'modbus-tcp',
      pollMs: 1_000,
    })
    expect(Object.isFrozen(map.devices[0]?.signals[0])).toBe(true)
  })

  it('waits for three slow polls before a silence is a loss', () => {
    const slow = DEVICE.replace('host', 'poll: 20s, host')
    expect(mapOf(`${slow}${SIGNALS}status:\n${ELSE}`).onCommLoss.afterMs).toBe(60_000)
  })

  it('says which run ends a declared status, if it is another one than usual', () => {
    const written = mapOf(`${DEVICE}${SIGNALS}exit_after: {or_running: 5m}\nstatus:\n${ELSE}`)
    expect(written.exitAfter).toEqual({ cycles: 5, runningMs: 300_000 })
    expect(mapOf(`${DEVICE}${SIGNALS}status:\n${ELSE}`)).not.toHaveProperty('exitAfter')
    const [fault] = faultsOf(`${DEVICE}${SIGNALS}exit_after: {cycles: 0}\nstatus:\n${ELSE}`)
    expect(fault).toContain('0 is too small')
  })

  it('lets the loss be noticed sooner when the map says so', () => {
    const map = mapOf(`${DEVICE}${SIGNALS}on_comm_loss: {after: 3s}\nstatus:\n${ELSE}`)
    expect(map.onCommLoss.afterMs).toBe(3_000)
  })

  it('hands an address to the driver letter by letter', () => {
    const map = mapOf(
      `${DEVICE}signals:\n  bit: {at: 40101.10, type: bit}\n  coil: {at: 00017, type: bit}\nstatus:\n${ELSE}`,
    )
    expect(map.devices[0]?.signals.map(({ address }) => address)).toMatchObject([
      { area: 'holding', wire: 100, bit: 10 },
      { area: 'coil', wire: 16 },
    ])
  })

  it('reads roles with what belongs to them', () => {
    const map = mapOf(`${DEVICE}signals:
  alive: {at: 40100, type: u16, role: heartbeat, stale_after: 3s}
  fault: {at: 40102, type: u16, role: fault_code, latch: last, settle: 1s}
  good: {at: 40110, type: u32, role: good_count, rollover: 2^32, max_rate: 2/s}
  scrap: {at: 40112, type: u16, role: scrap_count, rollover: 65536}
  order: {at: 40120/12, type: string, role: work_order}
status:
${ELSE}`)
    expect(map.heartbeats).toEqual([{ signal: 'alive', staleAfterMs: 3_000 }])
    expect(map.faults).toEqual([{ signal: 'fault', latch: 'last', settleMs: 1_000, reasons: [] }])
    expect(map.counters).toEqual([
      { signal: 'good', rollover: 4_294_967_296, maxPerMinute: 120 },
      { signal: 'scrap', rollover: 65_536 },
    ])
    expect(map.workOrderSignal).toBe('order')
  })

  it('orders a code table: single codes, ranges, then the rest', () => {
    const map = mapOf(`${DEVICE}${SIGNALS}status:
  - {when: {code: ">0"}, is: down, reason: from code}
${ELSE}reasons:
  code:
    "*": {code: other}
    "200-249": {code: material_shortage, category: material}
    210: {code: jam, category: equipment, text: At the infeed}
`)
    expect(map.faults[0]?.reasons).toEqual([
      { from: 210, to: 210, code: 'jam', category: 'equipment', text: 'At the infeed' },
      { from: 200, to: 249, code: 'material_shortage', category: 'material' },
      { code: 'other', category: null },
    ])
  })

  describe('a code table', () => {
    const tableOf = (signal: string, table: string) =>
      mapOf(`${DEVICE}signals: {why: {${signal}}}
status:
  - {when: {why: ">0"}, is: down, reason: from why}
${ELSE}reasons:
  why:
${table}`).faults[0]

    it('may have codes as lists print them: in hex, negative, as ranges with dashes', () => {
      const lines = tableOf(
        'at: 40102, type: i32',
        '    0x2310: {code: a}\n    "0x4300-0x43FF": {code: b}\n    -1: {code: c}\n    "-20..-10": {code: d}\n    "200–249": {code: e}\n',
      )?.reasons
      expect(lines?.map(({ from, to, code }) => [from, to, code])).toEqual([
        [0x2310, 0x2310, 'a'],
        [-1, -1, 'c'],
        [-20, -10, 'd'],
        [200, 249, 'e'],
        [0x4300, 0x43ff, 'b'],
      ])
    })

    it('may have texts as codes where the signal shows texts', () => {
      const text = `${DEVICE}signals: {why: {at: 40102/10, type: string}}
status:
  - {when: {why: A101}, is: down, reason: from why}
${ELSE}reasons:
  why: {A101: {code: jam}, SRVO-050: {code: collision}, 7: {code: seven}, "OK": none}
`
      expect(mapOf(text).faults[0]?.reasons).toEqual([
        { from: 7, to: 7, code: 'seven', category: null },
        { shows: 'A101', code: 'jam', category: null },
        { shows: 'SRVO-050', code: 'collision', category: null },
        { shows: 'OK', code: null, category: null },
      ])
    })

    it('may have a line for each bit', () => {
      const fault = tableOf(
        'at: 40102, type: u16',
        '    bits:\n      0: {code: e_stop}\n      "4-7": {code: drive}\n',
      )
      expect(fault?.isBitField).toBe(true)
      expect(fault?.reasons).toEqual([
        { from: 0, to: 0, code: 'e_stop', category: null },
        { from: 4, to: 7, code: 'drive', category: null },
      ])
    })

    it('of a signal with names knows them by their numbers, and by the name of zero that there is no fault', () => {
      const fault = tableOf(
        'at: 40102, type: u16, names: {0: nothing, 2: over_current, 3: over_heat}',
        '    2: {code: current}\n',
      )
      expect(fault?.reasons).toEqual([
        { shows: 'nothing', code: null, category: null },
        { shows: 'over_current', code: 'current', category: null },
        { from: 2, to: 2, code: 'current', category: null },
      ])
    })
  })

  it('takes a reason from several signals', () => {
    const map = mapOf(
      `${DEVICE}${SIGNALS}status:\n  - {when: {state: fault}, is: down, reason: "from code, text"}\n${ELSE}`,
    )
    expect(map.rules[0]?.reason).toEqual({ kind: 'from', signals: ['code', 'text'] })
    expect(map.faults.map(({ signal }) => signal)).toEqual(['code', 'text'])
  })

  it('counts the poll of its signals, and not that of a device that nobody asks so often', () => {
    const slow = `${DEVICE}signals: {state: {at: 40101, type: u16, poll: 40s}}\nstatus:\n${ELSE}`
    expect(mapOf(slow).onCommLoss.afterMs).toBe(120_000)
  })

  it('reads how a value is stored, and what it may be', () => {
    const map = mapOf(`${DEVICE}signals:
  power: {at: 40010, type: f32, word_order: CDAB, expect: 0..400}
  order: {at: 40120/20, type: string, text: siemens}
  level: {at: 40020, type: i16, invalid: [0x8000, 32767], expect: ">=0"}
status:
${ELSE}`)
    expect(map.devices[0]?.signals).toMatchObject([
      { address: { order: 'CDAB' }, expect: { above: { value: 0, inclusive: true }, below: { value: 400 } } },
      { address: { text: 'siemens', chars: 20 } },
      { invalid: ['-32768', '32767'], expect: { above: { value: 0, inclusive: true } } },
    ])
  })

  it('draws on several devices', () => {
    const map = mapOf(`machine: M-1
devices:
  left: {driver: modbus-tcp, host: 10.0.0.1}
  right: {driver: modbus-tcp, host: 10.0.0.2, poll: 200ms}
signals:
  a: {at: 40001, type: u16, from: left}
  b: {at: 40001, type: u16, from: right}
status:
${ELSE}`)
    expect(
      map.devices.map(({ id, pollMs, signals }) => [id, pollMs, signals.map(({ name }) => name)]),
    ).toEqual([
      ['M-1/left', 1_000, ['a']],
      ['M-1/right', 200, ['b']],
    ])
  })

  it('does not let a typing error slip through a driver that passes over unknown keys', () => {
    const text = `machine: M-1\ndevice: {driver: lenient, host: a, hots: b}\nsignals: {a: {at: x}}\nstatus:\n${ELSE}`
    expect(faultsOf(text)).toEqual(['m.yaml:2:36: unknown key "hots"; did you mean "host"?'])
  })

  it('makes the files of a device absolute, relative to its own folder', () => {
    const map = mapOf(
      `machine: M-1\ndevice: {driver: lenient, host: a, key_file: k.pem}\nsignals: {a: {at: x}}\nstatus:\n${ELSE}`,
    )
    expect(map.devices[0]?.settings).toEqual({ host: 'a', key_file: '/maps/k.pem' })
  })
})

describe('the version of a map', () => {
  const text = `${DEVICE}${SIGNALS}status:\n  - {when: {door: on}, is: down}\n${ELSE}`

  it('stays when lines are moved about and comments are written', () => {
    const moved = `# a press\n${SIGNALS}${DEVICE}status:\n  - {is: down, when: {door: on}}\n${ELSE}`
    expect(mapOf(moved).version).toBe(mapOf(text).version)
    expect(mapOf(text).version).toMatch(/^[0-9a-f]{8}$/)
  })

  it.each([
    ['a rule', 'door: on', 'door: off'],
    ['an address', '40101', '40103'],
    ['a name', '3: fault', '2: fault'],
  ])('changes with %s', (_, before, after) => {
    expect(mapOf(text.replace(before, after)).version).not.toBe(mapOf(text).version)
  })
})

describe('a rule', () => {
  const rules = (lines: string) => mapOf(`${DEVICE}${SIGNALS}status:\n${lines}`).rules

  it('waits as long as its status wants unless it says otherwise', () => {
    const waits = rules(
      ['running', 'down', 'setup', 'maintenance', 'available']
        .map((status, index) => `  - {when: {code: ${index}}, is: ${status}}\n`)
        .join('') + ELSE,
    ).map(({ is, forMs, releaseMs }) => [is, forMs, releaseMs])
    expect(waits).toEqual([
      ['running', 2_000, 2_000],
      ['down', 1_000, 1_000],
      ['setup', 0, 0],
      ['maintenance', 0, 0],
      ['available', 2_000, 2_000],
      ['idle', 2_000, 2_000],
    ])
  })

  it('is left after the time that it took to enter, unless it says otherwise', () => {
    expect(rules('  - {else: true, is: idle, for: 5s}\n')[0]).toMatchObject({
      forMs: 5_000,
      releaseMs: 5_000,
    })
    expect(rules('  - {else: true, is: idle, for: 5s, release: 0s}\n')[0]).toMatchObject({ releaseMs: 0 })
  })

  it('takes its reason from a text or from a signal', () => {
    const [fixed, from] = rules(
      `  - {when: {code: 1}, is: down, reason: jam}\n  - {when: {code: 2}, is: down, reason: from code}\n${ELSE}`,
    )
    expect(fixed?.reason).toEqual({ kind: 'fixed', code: 'jam' })
    expect(from?.reason).toEqual({ kind: 'from', signals: ['code'] })
  })

  it('of a setup is of category setup unless it says otherwise', () => {
    const [plain, other] = rules(
      `  - {when: {code: 1}, is: setup}\n  - {when: {code: 2}, is: setup, category: quality}\n${ELSE}`,
    )
    expect(plain?.category).toBe('setup')
    expect(other?.category).toBe('quality')
  })
})

describe('a condition', () => {
  const value = (signal: string, ...values: readonly unknown[]) => ({
    kind: 'value',
    signal,
    test: { kind: 'one-of', values },
  })

  it.each([
    ['{state: fault}', value('state', 'fault')],
    ['{state: 3}', value('state', 'fault')],
    ['{state: 7}', value('state', 7)],
    ['{state: off}', value('state', 'off')],
    ['{state: false}', value('state', 'off')],
    ['{state: [run, 3]}', value('state', 'run', 'fault')],
    ['{code: 0x10}', value('code', 16)],
    ['{door: on}', value('door', true)],
    ['{door: false}', value('door', false)],
    ['{door: 1}', value('door', 1)],
    ['{text: "007"}', value('text', '007')],
    ['{text: 007}', value('text', '007')],
    ['{text: on}', value('text', 'on')],
  ])('%s compares with a value', (when, expected) => {
    expect(conditionOf(when)).toEqual(expected)
  })

  it.each([
    ['{code: ">0"}', { above: { value: 0, inclusive: false } }],
    ['{code: ">= 5"}', { above: { value: 5, inclusive: true } }],
    ['{code: "<-1.5"}', { below: { value: -1.5, inclusive: false } }],
    ['{code: 10..20}', { above: { value: 10, inclusive: true }, below: { value: 20, inclusive: true } }],
    [
      '{code: "-5 .. 1.5"}',
      { above: { value: -5, inclusive: true }, below: { value: 1.5, inclusive: true } },
    ],
  ])('%s is a range', (when, range) => {
    expect(conditionOf(when)).toEqual({ kind: 'value', signal: 'code', test: { kind: 'range', ...range } })
  })

  it('tests bits with a mask', () => {
    expect(conditionOf('{code: {mask: 0x6F, equals: 0x27}}')).toEqual({
      kind: 'value',
      signal: 'code',
      test: { kind: 'mask', mask: 0x6f, equals: 0x27 },
    })
  })

  it('of numbers knows the names that the signal shows instead', () => {
    const meaning = { names: { 0: 'off', 1: 'run', 3: 'fault' }, spoken: [{ kind: 'range' }] }
    expect(ruledBy('{state: ">=1"}').rules[0]?.when).toMatchObject({ test: { kind: 'range' }, meaning })
  })

  it('with several keys wants all of them; any, all and not may be nested', () => {
    expect(conditionOf('{door: on, any: [{state: run}, {not: {code: 1}}]}')).toEqual({
      kind: 'all',
      of: [
        value('door', true),
        { kind: 'any', of: [value('state', 'run'), { kind: 'not', of: value('code', 1) }] },
      ],
    })
  })

  it('mixes values and ranges in one list', () => {
    expect(conditionOf('{code: [1, ">10", 2]}')).toMatchObject({
      kind: 'any',
      of: [value('code', 1, 2), { test: { kind: 'range' } }],
    })
  })
})

describe('a preset', () => {
  const packml = (preset: string, more = '') => `machine: F-1
device: {driver: opcua, url: opc.tcp://10.0.0.1:4840}
preset: ${preset}
signals:
  state: {node: "ns=2;s=State"}
${more}`

  it.each([
    ['packml-tr88', '6', '4'],
    ['packml-tmc', '4', '2'],
  ])('%s has numbers of its own', (preset, execute, idle) => {
    const names = mapOf(packml(preset)).devices[0]?.signals[0]?.names ?? {}
    expect(names[execute]).toBe('execute')
    expect(names[idle]).toBe('idle')
  })

  it('supplies rules, and leaves out those whose signals the machine lacks', () => {
    const bare = mapOf(packml('packml-tr88')).rules.map(({ is, reason }) => [is, reason])
    expect(bare).toEqual([
      ['down', undefined],
      ['running', undefined],
      ['idle', undefined],
    ])
    const full = mapOf(
      packml('packml-tr88', '  mode: {node: "ns=2;s=Mode"}\n  stop_id: {node: "ns=2;s=Stop"}\n'),
    )
    expect(full.rules.map(({ is }) => is)).toEqual(['maintenance', 'setup', 'down', 'running', 'idle'])
    expect(full.rules[2]?.reason).toEqual({ kind: 'from', signals: ['stop_id'] })
  })

  it('gives way to rules of the file, and its names stay', () => {
    const map = mapOf(packml('packml-tr88', `status:\n  - {when: {state: held}, is: setup}\n${ELSE}`))
    expect(map.rules.map(({ is }) => is)).toEqual(['setup', 'idle'])
    expect(map.transient).toMatchObject({ signal: 'state', maxMs: 60_000 })
    expect(map.transient?.values).toContain('starting')
    expect(map.transient?.values).not.toContain('execute')
  })

  it('needs the signal that it is about', () => {
    expect(faultsOf(packml('packml-tr88').replace('state:', 'status_word:'))).toEqual([
      'm.yaml:3:9: the preset packml-tr88 needs a signal called "state"',
    ])
  })
})

describe('a profile', () => {
  const profiles = {
    drive: 'device: {driver: modbus-tcp, unit: 7}\nsignals:\n  speed: {at: 40001, type: u16, scale: 0.1}\n',
  }
  const rules = `status:\n  - {when: {speed: ">0"}, is: running}\n${ELSE}`

  it('lies beneath the map, which may change any of its keys', () => {
    const map = mapOf(
      `machine: M-1\nprofile: drive\ndevice: {host: 10.0.0.1}\nsignals: {speed: {scale: 0.5}}\n${rules}`,
      profiles,
    )
    expect(map.devices[0]?.settings).toMatchObject({ host: '10.0.0.1', unit: 7 })
    expect(map.devices[0]?.signals[0]).toMatchObject({ name: 'speed', type: 'u16', scale: 0.5 })
  })

  it('of one of several devices puts the device before the names of its signals', () => {
    const map = mapOf(
      `machine: M-1
devices:
  left: {profile: drive, host: 10.0.0.1}
  right: {profile: drive, host: 10.0.0.2}
status:
  - {when: {left.speed: ">0", right.speed: ">0"}, is: running}
${ELSE}`,
      profiles,
    )
    expect(map.devices.map(({ signals }) => signals.map(({ name }) => name))).toEqual([
      ['left.speed'],
      ['right.speed'],
    ])
  })

  it('has its faults named in its own file', () => {
    const broken = { drive: profiles.drive.replace('u16', 'u17') }
    expect(faultsOf(`machine: M-1\nprofile: drive\ndevice: {host: a}\n${rules}`, broken)).toEqual([
      'drive.yaml:3:28: "u17" is not valid here; did you mean "u16"?',
    ])
  })
})

describe('a hint', () => {
  const hintsOf = (signals: string, rules = '') =>
    compile(
      `${DEVICE}signals:\n  alive: {at: 40001, type: u16, role: heartbeat}\n${signals}status:\n${rules}${ELSE}`,
    )

  it.each([
    [
      'a value lies upon another in part',
      '  a: {at: 40110, type: u32}\n  b: {at: 40111, type: u16}\n',
      '"b" shares registers with "a"',
    ],
    [
      'a clock bit is read too seldom',
      '  clock: {at: "40110:0", type: bit, role: heartbeat}\n',
      'a bit that blinks each second looks still when it is read every 1000ms',
    ],
    [
      'a counter of 32 bits is said to roll over like one of 16',
      '  good: {at: 40110, type: u32, role: good_count, rollover: 65536}\n',
      'a u32 seldom rolls over at 65536',
    ],
  ])('says that %s', (_, signals, message) => {
    const { map, hints } = hintsOf(signals)
    expect(map).toBeDefined()
    expect(hints.map(({ message }) => message)).toEqual([message])
  })

  it('says that a file with a password is not there', () => {
    const device = 'device: {driver: opcua, url: "opc.tcp://a", user: u, password_file: secrets/a}'
    const { map, hints } = compile(`machine: M-1
${device}
signals: {alive: {node: i=1, role: heartbeat}}
status:
${ELSE}`)
    expect(map).toBeDefined()
    expect(hints.map(faultText)).toEqual([
      'm.yaml:2:69: /maps/secrets/a is not there; the gateway reads it when it connects',
    ])
  })

  it('says that a password may go over the network readable for everybody', () => {
    const device =
      'device: {driver: opcua, url: "opc.tcp://a", security: None, user: u, password_file: /dev/null}'
    const { map, hints } = compile(`machine: M-1
${device}
signals: {alive: {node: i=1, role: heartbeat}}
status:
${ELSE}`)
    expect(map).toBeDefined()
    expect(hints.map(({ message, path }) => [path, message])).toEqual([
      ['device.security', 'the password of u may go over the network readable for everybody'],
    ])
  })

  it('says once that a server may show its states in another language', () => {
    const text = (names: string) => `machine: M-1
device: {driver: opcua, url: "opc.tcp://a"}
signals:
  alive: {node: i=1, role: heartbeat}
  state: {node: i=2${names}}
  door: {node: i=3}
status:
  - {when: {state: [Executing, Starting], door: off}, is: running}
${ELSE}`
    expect(compile(text('')).hints.map(faultText)).toEqual([
      'm.yaml:5:3: whatever else "state" shows counts as no, also its words in another language; give it names, as in names: {Executing: run}, and status names every other word',
    ])
    expect(compile(text(', names: {1: Executing, 2: Starting}')).hints).toEqual([])
  })

  it('says where short cycles would be taken for one stop', () => {
    const text = (rest: string, more = '') => `${DEVICE}signals:
  alive: {at: 40001, type: u16, role: heartbeat}
  run: {at: "40002:0", type: bit}
${more}status:
  - {when: {run: on}, is: running}
  - {else: true, is: ${rest}}
`
    expect(compile(text('down')).hints.map(faultText)).toEqual([
      'm.yaml:6:1: this map knows no waiting (idle), so runs below 10s between two pauses count as stopped; let waiting be idle, or write stops: {ignore_run_below: 0s}',
    ])
    expect(compile(text('idle')).hints).toEqual([])
    expect(compile(text('down', 'stops: {ignore_run_below: 0s}\n')).hints).toEqual([])
  })

  it('says nothing of bits within a word, of halves read twice, and of neighbours', () => {
    const signals =
      '  a: {at: 40110, type: u32}\n  bit: {at: "40110:3", type: bit}\n  again: {at: 40110, type: i32}\n  next: {at: 40112, type: u16}\n'
    expect(hintsOf(signals).hints).toEqual([])
  })
})
