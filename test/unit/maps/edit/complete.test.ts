import { expect, test } from 'vitest'
import { knownHardware } from '../../../../src/commands/hardware.ts'
import { complete } from '../../../../src/maps/edit/completion/complete.ts'
import { deviceMapJsonSchema, profileJsonSchema } from '../../../../src/maps/json-schemas.ts'

const hardware = knownHardware()
const sources = {
  map: deviceMapJsonSchema(hardware),
  profile: profileJsonSchema(hardware.drivers),
  beside: {
    machines: ['PRESS-07', 'FILL-01'],
    profiles: ['festo', 'siemens'],
    tables: ['codes.csv'],
    profile: (name: string) =>
      name === 'festo'
        ? {
            text: 'Valve terminal',
            variants: { cpx: { text: 'CPX-E', signals: { ready: { at: 40001, type: 'bit' } } } },
            signals: { pressure: { at: 40010, names: { 1: 'low', 2: 'high' } } },
            parameters: { block: { text: 'Name of the data block' } },
          }
        : undefined,
  },
}

/** What may stand at `‸`. */
function at(text: string, kind: 'map' | 'profile' | 'table' = 'map') {
  return complete(text.replace('‸', ''), text.indexOf('‸'), kind, sources)
}
const words = (text: string, kind?: 'map' | 'profile') => at(text, kind).words.map(({ label }) => label)

const PRESS = `machine: PRESS-07
device: { driver: modbus-tcp, host: 10.20.3.17, unit: 1 }
signals:
  state: { at: 40101, names: { 0: off, 1: auto_run, 2: ready } }
  door: { at: "40103:12", type: bit }
  fault: { at: 40102, role: fault_code }
  lamp: { at: 40104, type: light }
`

test('a new file may begin with a machine or a scanner', () => {
  expect(words('‸')).toEqual(expect.arrayContaining(['machine', 'scanner', 'preset', 'profile']))
})

test('a key that is half written is completed with its colon, and says what it means', () => {
  const { typed, words } = at(`${PRESS}sto‸`)
  expect(typed).toBe(3)
  expect(words[0]).toMatchObject({ insert: 'stops: ', label: 'stops' })
  expect(at(`${PRESS}spl‸`).words[0]?.about).toContain('How often a row')
})

test('keys that the map has already are not offered again, also where they stand below the cursor', () => {
  expect(words('‸\nmachine: A\nsignals: {}\n')).not.toEqual(expect.arrayContaining(['machine']))
})

test('the keys of a device are those of its driver', () => {
  expect(words('device: { driver: opcua, ‸ }')).toEqual(expect.arrayContaining(['url', 'security']))
  expect(words('device: { driver: modbus-tcp, ‸ }')).toEqual(expect.arrayContaining(['host', 'unit']))
  expect(words('device:\n  driver: modbus-tcp\n  ‸')).not.toContain('url')
  expect(words('device: { driver: ‸')).toEqual(expect.arrayContaining(['opcua', 'modbus-tcp', 'mqtt']))
})

test('an open bracket with other lines below it does no harm', () => {
  expect(words(`${PRESS}status:\n  - { when: { st‸\n  - { else: true, is: idle }\n`)).toContain('state')
  expect(words(`${PRESS}status:\n  - { when: { state: ‸ }, is: idle }`)).toEqual(['off', 'auto_run', 'ready'])
})

test('a rule offers signals, statuses, categories and where a reason comes from', () => {
  const rule = (inside: string) => words(`${PRESS}status:\n  - { ${inside} }\n`)
  expect(rule('when: { ‸')).toEqual(['state', 'door', 'fault', 'lamp', 'any', 'all', 'not'])
  expect(rule('when: { any: [{ ‸ }] }')).toContain('door')
  expect(rule('when: { door: ‸ }')).toEqual(['on', 'off'])
  expect(rule('when: { lamp: ‸ }')).toEqual(['on', 'off', 'blink'])
  expect(rule('when: { state: [off, ‸] }')).toContain('ready')
  expect(rule('is: ‸')).toEqual(expect.arrayContaining(['running', 'idle', 'down']))
  expect(rule('category: ‸')).toContain('material')
  expect(rule('reason: ‸')).toEqual(['from fault'])
  expect(at(`${PRESS}status:\n  - { when: { fault: ‸ } }`).words[0]?.insert).toBe('">0"')
  expect(words(`${PRESS}status:\n  - when: { door: on }\n    ‸`)).toEqual(
    expect.arrayContaining(['is', 'reason', 'for']),
  )
  expect(words(`${PRESS}status:\n  - when: { door: on }\n  - ‸`)).toContain('when')
})

test('a list of words offers the words of the schema', () => {
  expect(words('events_for:\n  - ‸')).toContain('setup')
  expect(words('events_for: [down, ‸]')).toContain('setup')
  expect(words('needs_wo: ‸')).toEqual(['true', 'false'])
})

test('profiles, their models, their words and their signals', () => {
  expect(words('profile: ‸')).toEqual(['festo', 'siemens'])
  expect(words('profile: festo\nvariant: ‸')).toEqual(['cpx'])
  expect(words('profile: festo\nwith: { ‸ }')).toEqual(['block'])
  expect(words('profile: festo\nvariant: cpx\nsignals:\n  ‸')).toEqual(['pressure', 'ready'])
  expect(words('profile: festo\nstatus:\n  - { when: { pressure: ‸')).toEqual(['low', 'high'])
})

test('presets, the signals that they need and the words of these', () => {
  expect(words('preset: pack‸')).toEqual(expect.arrayContaining(['packml-tr88']))
  expect(words('preset: packml-tr88\nsignals:\n  ‸')).toContain('state')
  expect(words('preset: packml-tr88\nstatus:\n  - { when: { state: ex‸')).toContain('execute')
})

test('tables of reasons, by signal and by file', () => {
  expect(words(`${PRESS}reasons:\n  ‸`)).toContain('fault')
  expect(words(`${PRESS}reasons:\n  fault: { file: ‸ }`)).toEqual(['codes.csv'])
})

test('the map of a scanner has its own words', () => {
  expect(words('scanner: ST-1\n‸')).toEqual(expect.arrayContaining(['port', 'frame', 'steps']))
  expect(words('scanner: ST-1\nport: { usb_serial: "1", ‸ }')).toEqual(
    expect.arrayContaining(['brand', 'baud']),
  )
  expect(words('scanner: ST-1\nport: { usb_serial: "1", ‸ }')).not.toContain('tcp')
  expect(words('scanner: ST-1\nport: { ‸ }')).toContain('tcp')
  expect(words('scanner: ST-1\nstation: { machine: ‸ }')).toEqual(['PRESS-07', 'FILL-01'])
})

test('a profile has its own words', () => {
  expect(words('maker: Festo\n‸', 'profile')).toEqual(expect.arrayContaining(['products', 'variants']))
})

test('nothing is offered in a comment, within a number, or in a table', () => {
  expect(words('# comment ‸')).toEqual([])
  expect(words('machine: A # st‸')).toEqual([])
  expect(at('fault;code\n‸', 'table').words).toEqual([])
})

test.each([
  '{{{{‸',
  '- - - ‸',
  '"‸',
  "a: 'b‸",
  '&a *a: ‸',
  '? ‸',
  'a:\n\t‸',
  '[‸',
  '}‸',
  '%YAML 9\n‸',
  '|\n ‸',
  ': ‸',
  '!!x ‸',
])('whatever stands there, it answers: %j', (text) => {
  expect(at(text).words).toBeInstanceOf(Array)
})
