import { describe, expect, it } from 'vitest'
import { interpret } from '../../../src/domain/interpret.ts'
import type { SignalValue } from '../../../src/domain/signal.ts'
import { PRESETS } from '../../../src/maps/machine/presets/index.ts'
import { decide, isTransient } from '../../../src/status/judging/rules.ts'
import { faultsOfText, mapOfText } from '../../support/compiled.ts'

const SINCE = { boot: 'boot-1', wallMs: 0, monoMs: 0 }

/** What a machine with this preset is, and why, while its signals show these values. */
function statusOf(preset: string, shown: Readonly<Record<string, SignalValue>>, type = ''): string {
  const signals = Object.keys(shown).map((name, index) => `${name}: {${nodeOf(type, index)}}`)
  const map = mapOfText(`machine: M-1
device: ${type === '' ? '{driver: opcua, url: "opc.tcp://10.0.0.1:4840"}' : '{driver: modbus-tcp, host: 10.0.0.1}'}
preset: ${preset}
signals: {${signals.join(', ')}}
`)
  const specs = map.devices[0]?.signals ?? []
  const values = Object.fromEntries(
    specs.map((spec) => {
      const { value, fault } = interpret(shown[spec.name] ?? null, spec)
      const quality = fault === undefined ? 'good' : 'bad'
      return [spec.name, { value, quality, since: SINCE, device: 'M-1' } as const]
    }),
  )
  if (isTransient(map, values)) return 'transient'
  const verdict = decide(map, values)
  if (verdict.kind !== 'rule') return 'undecided'
  const { is, reason } = verdict.rule
  return reason?.kind === 'fixed' ? `${is} ${reason.code}` : is
}

function nodeOf(type: string, index: number): string {
  return type === '' ? `node: "i=${index + 1}"` : `at: ${40_001 + index}, type: ${type}`
}

describe('OPC UA for Machinery', () => {
  it.each([
    [3, 3, 'running'],
    [2, 3, 'idle'],
    [1, 3, 'down'],
    [0, 3, 'available not_available'],
    [3, 2, 'setup'],
    [2, 1, 'maintenance'],
    [3, 0, 'running'],
    ['Executing', 'Processing', 'running'],
    ['NotExecuting', 'Processing', 'idle'],
    ['Not executing', 'Setup', 'setup'],
    ['OutOfService', 'None', 'down'],
    ['NotAvailable', 'Processing', 'available not_available'],
    ['In Betrieb', 'Processing', 'undecided'],
    [4, 3, 'undecided'],
  ])('shows %s in %s: %s', (state, mode, status) => {
    expect(statusOf('opcua-machinery', { state, mode })).toBe(status)
  })

  it('needs no mode', () => {
    expect(statusOf('opcua-machinery', { state: 3 })).toBe('running')
    expect(statusOf('opcua-machinery', { state: 3 }, 'u16')).toBe('running')
  })
})

describe('OPC UA for Machine Tools', () => {
  it.each([
    [1, 0, 'running'],
    [1, 1, 'idle'],
    [1, 2, 'idle'],
    [0, 0, 'setup'],
    [2, 0, 'setup'],
    [3, 0, 'setup'],
    [4, 2, 'maintenance'],
    [5, 0, 'idle'],
    ['Automatic', 'Active', 'running'],
    ['AutoWithManualIntervention', 'Active', 'setup'],
    ['Service', 'Reset', 'maintenance'],
  ])('shows mode %s and channel %s: %s', (mode, channel, status) => {
    expect(statusOf('machine-tool', { mode, channel })).toBe(status)
  })

  it.each([
    [{ red: true }, 'down'],
    [{ red: false }, 'running'],
    [{ alert: true }, 'down'],
    [{ alert: false, red: false }, 'running'],
  ])('%o: %s', (more, status) => {
    expect(statusOf('machine-tool', { mode: 1, channel: 0, ...more })).toBe(status)
  })
})

it('a machine tool has a red lamp that is seen to blink', () => {
  const map = mapOfText(`machine: M-1
device: {driver: opcua, url: "opc.tcp://10.0.0.1:4840", poll: 200ms}
preset: machine-tool
signals: {mode: {node: "i=1"}, channel: {node: "i=2"}, red: {node: "i=3", type: light}}
`)
  const statusWhile = (red: string) => {
    const held = (value: SignalValue) => ({ value, quality: 'good', since: SINCE, device: 'M-1' }) as const
    const verdict = decide(map, { mode: held('automatic'), channel: held('active'), red: held(red) })
    return verdict.kind === 'rule' ? verdict.rule.is : verdict.kind
  }
  expect(['off', 'on', 'blink'].map(statusWhile)).toEqual(['running', 'down', 'down'])
})

describe('MTConnect', () => {
  it.each([
    [{ execution: 'ACTIVE' }, 'running'],
    [{ execution: 'ACTIVE', controller_mode: 'AUTOMATIC' }, 'running'],
    [{ execution: 'ACTIVE', controller_mode: 'MANUAL_DATA_INPUT' }, 'setup'],
    [{ execution: 'ACTIVE', functional_mode: 'MAINTENANCE' }, 'maintenance'],
    [{ execution: 'READY', functional_mode: 'TEARDOWN' }, 'setup'],
    [{ execution: 'FEED_HOLD' }, 'idle'],
    [{ execution: 'PROGRAM_COMPLETED' }, 'idle'],
    [{ execution: 'INTERRUPTED', condition: 'FAULT' }, 'down'],
    [{ execution: 'STOPPED', emergency_stop: 'TRIGGERED' }, 'down emergency_stop'],
    [{ execution: 'ACTIVE', emergency_stop: 'ARMED', condition: 'NORMAL' }, 'running'],
    [{ execution: 'UNAVAILABLE' }, 'undecided'],
    [{ execution: 'ACTIVE', availability: 'UNAVAILABLE' }, 'undecided'],
    [{ execution: 'ACTIVE', availability: 'AVAILABLE' }, 'running'],
  ])('shows %o: %s', (shown, status) => {
    expect(statusOf('mtconnect', shown)).toBe(status)
  })
})

describe('Weihenstephan Standards', () => {
  it.each([
    [{ state: 128 }, 'running'],
    [{ state: 128, program: 1 }, 'running'],
    [{ state: 128, program: 8 }, 'setup cleaning'],
    [{ state: 1, program: 16 }, 'setup changeover'],
    [{ state: 1, program: 32 }, 'maintenance'],
    [{ state: 1, program: 64 }, 'available break'],
    [{ state: 8 }, 'idle lack'],
    [{ state: 64 }, 'idle tailback'],
    [{ state: 1024 }, 'down equipment_failure'],
    [{ state: 2048 }, 'down external_failure'],
    [{ state: 4096 }, 'down emergency_stop'],
    [{ state: 32_768 }, 'idle'],
    [{ state: 256 }, 'transient'],
    [{ state: 0 }, 'undecided'],
  ])('show %o: %s', (shown, status) => {
    expect(statusOf('weihenstephan', shown)).toBe(status)
    expect(statusOf('weihenstephan', shown, 'u16')).toBe(status)
  })

  it('show texts, and a code of their own', () => {
    expect(statusOf('weihenstephan', { state: 'Equipment Failure', fault: 7 })).toBe('down')
    expect(statusOf('weihenstephan', { state: 'Operating', program: 'Undefined (No Program)' })).toBe(
      'running',
    )
  })
})

describe('EUROMAP', () => {
  it.each([
    [1, 6, 'running'],
    [2, 6, 'running'],
    [1, 7, 'idle'],
    [1, 8, 'idle'],
    [4, 6, 'setup'],
    [3, 6, 'setup'],
    [5, 6, 'idle'],
    [1, 2, 'setup'],
    [1, 10, 'setup'],
    ['AUTOMATIC', 'JOB_IN_PRODUCTION', 'running'],
    ['SEMI_AUTOMATIC', 'TEAR_DOWN_ACTIVE', 'setup'],
  ])('77 with 83 shows mode %s and job %s: %s', (mode, job, status) => {
    expect(statusOf('euromap-77', { mode, job })).toBe(status)
  })

  it.each([
    [0, 'undecided'],
    [1, 'idle'],
    [2, 'setup'],
    [3, 'idle'],
    [4, 'running'],
    [5, 'running'],
    [6, 'down'],
    [7, 'maintenance'],
    ['CONTROLLED_RUN', 'running'],
    ['OFFLINE', 'undecided'],
  ])('84 shows %s: %s', (state, status) => {
    expect(statusOf('euromap-84', { state })).toBe(status)
  })
})

it.each([
  [1, 'PRD', 'running'],
  [2, 'SBY_2', 'idle'],
  [3, 'Engineering', 'setup'],
  [4, 'SDT', 'maintenance'],
  [5, 'UDT_5', 'down'],
  [6, 'NST', 'available not_scheduled'],
  [7, 'XYZ', 'undecided'],
])('SEMI E10 shows %s, or %s: %s', (number, text, status) => {
  expect(statusOf('semi-e10', { state: number })).toBe(status)
  expect(statusOf('semi-e10', { state: text })).toBe(status)
})

describe('a PackML machine that speaks German', () => {
  it.each([
    ['Ausführen', 'running'],
    ['Gestoppt', 'idle'],
    ['Gehalten', 'down'],
    ['Abgebrochen', 'down'],
    ['Starten', 'transient'],
    ['Läuft', 'undecided'],
  ])('and shows %s: %s', (state, status) => {
    expect(statusOf('packml-tr88', { state })).toBe(status)
    expect(statusOf('packml-tmc', { state })).toBe(status)
  })

  it('is understood by its numbers as well, each numbering by its own', () => {
    expect([statusOf('packml-tr88', { state: 6 }), statusOf('packml-tmc', { state: 6 })]).toEqual([
      'running',
      'idle',
    ])
    expect([statusOf('packml-tr88', { state: 4 }), statusOf('packml-tmc', { state: 4 })]).toEqual([
      'idle',
      'running',
    ])
  })
})

it.each(PRESETS.map((preset) => [preset.name, preset] as const))(
  '%s names what it needs',
  (name, { needs }) => {
    const text = `machine: M-1
device: {driver: opcua, url: "opc.tcp://10.0.0.1:4840"}
preset: ${name}
signals: {other: {node: "i=1"}}
`
    expect(faultsOfText(text)).toEqual(
      needs.map((signal) => `m.yaml:3:9: the preset ${name} needs a signal called "${signal}"`),
    )
  },
)

it.each(PRESETS.map((preset) => [preset.name, preset] as const))(
  '%s names only words that its rules, or people, can speak of',
  (_, { signals, rules, transient }) => {
    for (const { when } of rules) {
      for (const [signal, said] of Object.entries((when ?? {}) as Readonly<Record<string, unknown>>)) {
        const words = signals[signal]
        if (!words) continue
        const known = [...Object.values(words.numbers ?? {}), ...Object.values(words.texts ?? {})]
        expect(known).toEqual(expect.arrayContaining([said].flat()))
      }
    }
    const numbers = transient && signals[transient.signal]?.numbers
    expect(transient?.values.every((value) => numbers?.[value] !== undefined) ?? true).toBe(true)
  },
)
