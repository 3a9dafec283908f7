import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { interpret } from '../../../src/domain/interpret.ts'
import type { SignalValue } from '../../../src/domain/signal.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { decide, isTransient } from '../../../src/status/judging/rules.ts'
import { testHardware } from '../../support/hardware.ts'
import { machineMap } from '../../support/machine-map.ts'

const text = (preset: string) => `machine: F-1
device: {driver: opcua, url: "opc.tcp://10.0.0.1:4840"}
preset: ${preset}
signals: {state: {node: "i=1"}}
`

function statusOf(preset: string, raw: SignalValue): string {
  const shelves = {
    profiles: { names: () => [], find: () => undefined },
    tables: folderTables('/nowhere', '/'),
  }
  const compiled = compileMap(parseYaml(text(preset), 'f.yaml'), {
    ...testHardware,
    folder: '/',
    ...shelves,
  })
  const map = machineMap(compiled.map)
  const spec = map.devices[0]?.signals[0]
  if (!spec) throw new Error('no signal')
  const since = { boot: 'boot-1', wallMs: 0, monoMs: 0 }
  const values = {
    state: { value: interpret(raw, spec).value, quality: 'good', since, device: 'F-1' },
  } as const
  if (isTransient(map, values)) return 'transient'
  const verdict = decide(map, values)
  return verdict.kind === 'rule' ? verdict.rule.is : 'undecided'
}

describe.each(['packml-tr88', 'packml-tmc'])('%s on a state that is a text, as in OPC 30050', (preset) => {
  it.each([
    ['Execute', 'running'],
    ['EXECUTE', 'running'],
    ['execute ', 'running'],
    ['Held', 'down'],
    ['Aborted', 'down'],
    ['Idle', 'idle'],
    ['Stopped', 'idle'],
    ['Complete', 'idle'],
    ['Suspended', 'idle'],
    ['Starting', 'transient'],
    ['Unsuspending', 'transient'],
    ['UnHolding', 'transient'],
  ])('knows %s', (state, status) => {
    expect(statusOf(preset, state)).toBe(status)
  })

  it.each(['Cleared', 'Ausführend', '', 99, 6.5])('decides nothing of %s', (state) => {
    expect(statusOf(preset, state)).toBe('undecided')
  })
})

it('packml-tr88 lets the state decide in the modes of the maker, and knows names that a map gives them', () => {
  const rules = (mode: number, rule = '') => {
    const compiled = compileMap(
      parseYaml(
        `${text('packml-tr88').replace('{state:', '{mode: {node: "i=2"}, state:')}status:
${rule}  - {when: {mode: manual}, is: setup}
  - {when: {state: execute}, is: running}
  - {else: true, is: idle}
`,
        'f.yaml',
      ),
      {
        ...testHardware,
        folder: '/',
        profiles: { names: () => [], find: () => undefined },
        tables: folderTables('/', '/'),
      },
    )
    const map = machineMap(compiled.map)
    const specs = map.devices[0]?.signals ?? []
    const since = { boot: 'boot-1', wallMs: 0, monoMs: 0 }
    const raw: Readonly<Record<string, number>> = { mode, state: 6 }
    const values = Object.fromEntries(
      specs.map((spec) => [
        spec.name,
        { value: interpret(raw[spec.name] ?? 0, spec).value, quality: 'good', since, device: 'F-1' } as const,
      ]),
    )
    const verdict = decide(map, values)
    return verdict.kind === 'rule' ? verdict.rule.is : 'undecided'
  }
  expect(rules(5)).toBe('running')
  expect(rules(3)).toBe('setup')
  expect(rules(5, '  - {when: {mode: 5}, is: maintenance}\n')).toBe('maintenance')
  expect(rules(5, '  - {when: {mode: user_5}, is: maintenance}\n')).toBe('maintenance')
  expect(rules(32)).toBe('undecided')
})
