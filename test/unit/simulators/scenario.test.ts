import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { meaningOf, type Step, steps } from '../../../simulators/day.ts'
import { seededRandom } from '../../../simulators/random.ts'
import { loadScenario, type MachineSpec, parseScenario, ScenarioError } from '../../../simulators/scenario.ts'

const SCENARIOS = 'simulators/scenarios'

describe('a scenario that says something wrong is refused with the path of it', () => {
  test.each([
    ['machines.A.kind', 'kind: modbus-pres'],
    ['machines.A', 'kind: modbus-press, colour: red'],
    ['machines.A.port', 'kind: modbus-press, port: 70000'],
    ['machines.A.faults.zero', 'kind: modbus-press, faults: {zero: {reason: a}}'],
    ['machines.A.day', 'kind: modbus-press, day: {}'],
    ['machines.A.day.script.0.for', 'kind: modbus-press, day: {script: [{state: running, for: 3}]}'],
    ['machines.A.day.script.0.for', 'kind: modbus-press, day: {script: [{state: running, for: soon}]}'],
    [
      'machines.A.day.script.0.fault',
      'kind: modbus-press, day: {script: [{state: down, fault: 9, for: 3s}]}',
    ],
    ['machines.A.day.script.0.state', 'kind: modbus-press, day: {script: [{state: starved, for: 3s}]}'],
    ['machines.A.day.script', 'kind: modbus-press, day: {script: [{state: running, for: 3s}], repeat: true}'],
    [
      'machines.A.day.random.states',
      'kind: opcua-packml, day: {random: {states: {running: {weight: 1, hold: 1s..2s}}}}',
    ],
    [
      'machines.A.day.random.states.running.hold',
      'kind: opcua-packml, day: {random: {states: {running: {weight: 1, hold: 2s..1s}}}}',
    ],
    ['machines.A.faults_at.0.fault', 'kind: modbus-press, faults_at: [{at: 1s, fault: rust, for: 1s}]'],
  ])('%s', (path, machine) => {
    const whole = machine.includes('day:') ? machine : `${machine}, day: {script: [{state: idle, for: 1s}]}`
    const parse = () => parseScenario(`machines: {A: {${whole}}}`, 'bad.yaml')
    expect(parse).toThrow(ScenarioError)
    expect(parse).toThrow(`bad.yaml: ${path}: `)
  })

  test('scanners.S.machine, of a machine that is not there', () => {
    const press = '{kind: modbus-press, day: {script: [{state: idle, for: 1s}]}}'
    const text = `{machines: {A: ${press}}, scanners: {S: {machine: B, operator: {badge: B1}}}}`
    expect(() => parseScenario(text, 'bad.yaml')).toThrow(
      "bad.yaml: scanners.S.machine: there is no machine 'B'",
    )
  })

  test('and so is a file that is not YAML, or not there', () => {
    expect(() => parseScenario('machines: {', 'bad.yaml')).toThrow('bad.yaml: is not YAML')
    expect(() => loadScenario('/nowhere/day.yaml')).toThrow('/nowhere/day.yaml: cannot be read')
  })
})

test.each(readdirSync(SCENARIOS).filter((name) => name.endsWith('.yaml')))('%s can be played', (name) => {
  const { machines } = loadScenario(`${SCENARIOS}/${name}`)
  expect(Object.keys(machines).length).toBeGreaterThanOrEqual(4)
})

test('day.yaml fills a shift of eight hours on every machine', () => {
  const { machines } = loadScenario(`${SCENARIOS}/day.yaml`)
  for (const { day } of Object.values(machines)) {
    const scriptMs = (day.script ?? []).reduce((sum, step) => sum + step.for, 0)
    expect(day.repeat || scriptMs).toBe(day.repeat || 8 * 3_600_000)
  }
})

describe('the minute of demo.yaml', () => {
  const scenario = loadScenario(`${SCENARIOS}/demo.yaml`)
  const days = Object.entries(scenario.machines).map(([code, spec]) => ({
    spec,
    steps: firstMinute(spec, seededRandom(scenario.seed, code)),
  }))
  const all = days.flatMap((day) => day.steps)

  test('has more than 130 changes of status on both protocols', () => {
    expect(all.length).toBeGreaterThan(130)
    expect(new Set(days.map(({ spec }) => spec.kind)).size).toBe(2)
  })

  test('holds every state so long that it must be seen', () => {
    expect(Math.min(...all.map(({ holdMs }) => holdMs))).toBeGreaterThanOrEqual(1_200)
  })

  test('has no stop of which one could doubt whether it is a downtime', () => {
    const stops = all.filter(({ state }) => state !== 'running')
    const doubtful = stops.filter(({ holdMs }) => Math.abs(holdMs - scenario.micro_stop_below) < 500)
    expect(doubtful).toEqual([])
  })

  test('has downtimes for several reasons, micro stops, setups and maintenance', () => {
    const meanings = days.flatMap(({ spec, steps }) => steps.map((step) => meaningOf(step, spec)))
    const reasons = new Set(meanings.filter(({ status }) => status === 'down').map(({ reason }) => reason))
    expect(reasons.size).toBeGreaterThanOrEqual(5)
    const states = new Set(all.map(({ state }) => state))
    expect([...states].sort()).toEqual(['down', 'idle', 'maintenance', 'off', 'running', 'setup', 'starved'])
    expect(all.some(({ state, holdMs }) => state === 'down' && holdMs < scenario.micro_stop_below)).toBe(true)
  })
})

describe('the device maps of the demo fit its machines', () => {
  const { machines, scanners } = loadScenario(`${SCENARIOS}/demo.yaml`)
  const files = readdirSync(`${SCENARIOS}/demo-devices`).map(
    (name) => parse(readFileSync(`${SCENARIOS}/demo-devices/${name}`, 'utf8')) as DeviceMap | ScannerMap,
  )
  const maps = files.filter((map) => 'machine' in map)

  test('one for each', () => {
    expect(maps.map(({ machine }) => machine).sort()).toEqual(Object.keys(machines).sort())
  })

  test('one for each scanner, with the reasons that its operator may give', () => {
    const stations = files.filter((map) => 'scanner' in map)
    const told = stations.map(({ scanner, station, reasons }) => [
      scanner,
      station.machine,
      Object.entries(reasons).map(([code, { category }]) => [code, category]),
    ])
    const meant = Object.entries(scanners).map(([code, { machine, operator }]) => [
      code,
      machine,
      Object.entries(operator.reasons),
    ])
    expect(told).toEqual(meant)
  })

  test.each(maps)('$machine: protocol, numbering and the meaning of its codes', (map) => {
    const spec = machines[map.machine]
    if (spec?.kind === 'opcua-packml') {
      expect(map).toMatchObject({ preset: spec.states, device: { driver: 'opcua' } })
    } else {
      const device = { driver: 'modbus-tcp', unit: spec?.unit, word_order: spec?.word_order }
      expect(map).toMatchObject({ device })
    }
    const [table = {}] = Object.values(map.reasons)
    const told = Object.entries(spec?.faults ?? {}).map(([code, { reason, category }]) => [
      code,
      reason,
      category,
    ])
    expect(told.length).toBeGreaterThan(1)
    expect(told.map(([code]) => [code, ...meaningOfCode(table, Number(code))])).toEqual(told)
  })
})

interface ScannerMap {
  readonly scanner: string
  readonly station: { readonly machine: string }
  readonly reasons: Readonly<Record<string, { readonly category: string }>>
}

interface DeviceMap {
  readonly machine: string
  readonly reasons: Readonly<Record<string, ReasonTable>>
}

type ReasonTable = Readonly<Record<string, { readonly code: string; readonly category: string }>>

function meaningOfCode(table: ReasonTable, code: number): readonly (string | undefined)[] {
  const line = Object.entries(table).find(([key]) => {
    const [first, last = first] = key.split('-').map(Number)
    return first !== undefined && last !== undefined && first <= code && code <= last
  })?.[1]
  return [line?.code, line?.category]
}

function firstMinute(spec: MachineSpec, random: () => number): Step[] {
  let elapsedMs = 0
  const begun: Step[] = []
  for (const step of steps(spec, random)) {
    if (elapsedMs >= 60_000) break
    begun.push(step)
    elapsedMs += step.holdMs
  }
  return begun
}
