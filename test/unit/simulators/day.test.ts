import { describe, expect, test } from 'vitest'
import { meaningOf, type Step, steps } from '../../../simulators/day.ts'
import { seededRandom } from '../../../simulators/random.ts'
import { type MachineSpec, parseScenario } from '../../../simulators/scenario.ts'

describe('a random day', () => {
  const spec = pressWith(`
      random:
        states:
          running: {weight: 5, hold: 1s..2s}
          down: {weight: 3, hold: [1s..1.2s, 5s..6s]}
          idle: {weight: 1, hold: 3s..4s}
          off: {weight: 1, hold: 3s..4s}`)

  test('is the same for the same seed and machine', () => {
    expect(first(200, spec, seededRandom(7, 'PRESS-07'))).toEqual(
      first(200, spec, seededRandom(7, 'PRESS-07')),
    )
  })

  test.each([
    ['seed', seededRandom(8, 'PRESS-07')],
    ['machine', seededRandom(7, 'PRESS-08')],
  ])('is another one for another %s', (_, other) => {
    expect(first(200, spec, other)).not.toEqual(first(200, spec, seededRandom(7, 'PRESS-07')))
  })

  test('begins running, never stays in a status and visits every state', () => {
    const day = first(500, spec, seededRandom(1, 'PRESS-07'))
    const statuses = day.map((step) => meaningOf(step, spec).status)
    expect(statuses[0]).toBe('running')
    expect(statuses.filter((status, index) => status === statuses[index - 1])).toEqual([])
    expect(new Set(day.map(({ state }) => state))).toEqual(new Set(['running', 'down', 'idle', 'off']))
  })

  test('holds each state within one of its ranges', () => {
    const holds = first(500, spec, seededRandom(1, 'PRESS-07')).filter(({ state }) => state === 'down')
    expect(holds.some(({ holdMs }) => holdMs <= 1_200)).toBe(true)
    expect(holds.some(({ holdMs }) => holdMs >= 5_000)).toBe(true)
    expect(holds.filter(({ holdMs }) => holdMs < 1_000 || holdMs > 6_000)).toEqual([])
    expect(holds.filter(({ holdMs }) => holdMs > 1_200 && holdMs < 5_000)).toEqual([])
  })

  test('goes down with every fault of the table, and shows no fault elsewhere', () => {
    const day = first(500, spec, seededRandom(1, 'PRESS-07'))
    const codes = (down: boolean) =>
      new Set(day.filter(({ state }) => (state === 'down') === down).map(({ fault }) => fault))
    expect(codes(true)).toEqual(new Set([101, 215]))
    expect(codes(false)).toEqual(new Set([0]))
  })
})

describe('a scripted day', () => {
  const script = `
      script:
        - {state: running, for: 3s}
        - {state: down, fault: 101, for: 4s}
        - {state: down, fault: 101, for: 2s}
        - {state: idle, for: 1s}`

  test('is played as written, neighbours that mean the same as one', () => {
    expect([...steps(pressWith(script), seededRandom(1, 'A'))]).toEqual([
      { state: 'running', fault: 0, holdMs: 3_000 },
      { state: 'down', fault: 101, holdMs: 6_000 },
      { state: 'idle', fault: 0, holdMs: 1_000 },
    ])
  })

  test('begins again where it is to be repeated', () => {
    const day = first(7, pressWith(`${script}\n      repeat: true`), seededRandom(1, 'A'))
    expect(day.map(({ state }) => state)).toEqual([
      'running',
      'down',
      'idle',
      'running',
      'down',
      'idle',
      'running',
    ])
  })
})

test('states and faults mean what the scenario says, in words of central', () => {
  const spec = pressWith('\n      script: [{state: running, for: 1s}]')
  const meaning = (state: Step['state'], fault = 0) => Object.values(meaningOf({ state, fault }, spec))
  expect(meaning('running')).toEqual(['running', null, null])
  expect(meaning('down', 215)).toEqual(['down', 'material_shortage', 'material'])
  expect(meaning('setup')).toEqual(['setup', 'changeover', 'setup'])
  expect(meaning('off')).toEqual(['idle', 'switched_off', null])
})

function pressWith(day: string): MachineSpec {
  const scenario = parseScenario(
    `
machines:
  PRESS-07:
    kind: modbus-press
    faults:
      101: {reason: mechanical_failure, category: equipment}
      215: {reason: material_shortage, category: material}
    reasons:
      setup: {reason: changeover, category: setup}
      off: {reason: switched_off}
    day: ${day}
`,
    'test.yaml',
  )
  const spec = scenario.machines['PRESS-07']
  if (!spec) throw new Error('the scenario of this test has no PRESS-07')
  return spec
}

function first(count: number, spec: MachineSpec, random: () => number): Step[] {
  const day = steps(spec, random)
  return Array.from({ length: count }, () => day.next().value as Step)
}
