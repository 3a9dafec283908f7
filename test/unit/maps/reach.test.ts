import { describe, expect, it } from 'vitest'
import { faultsOfText, hintsOfText } from '../../support/compiled.ts'

const map = (...rules: readonly string[]) => `machine: M-1
device: {driver: modbus-tcp, host: 10.0.0.1, poll: 200ms}
signals:
  state: {at: 40101, type: u16, names: {0: off, 1: run, 3: fault}}
  word: {at: 40102, type: u16, names: {0: off, 1: run, "*": other}}
  door: {at: 10001, type: bit}
  lamp: {at: 10002, type: light}
status:
${rules.map((rule) => `  - {when: ${rule}, is: idle, reason: waits}\n`).join('')}  - {else: true, is: idle}
`
const told = (...rules: readonly string[]) => [...faultsOfText(map(...rules)), ...hintsOfText(map(...rules))]
const NEVER = 'this rule is never reached:'
const HINT = '; the first that matches decides; move it up'

describe('a rule of which other rules together leave nothing', () => {
  it.each([
    [['{state: off}', '{state: fault}', '{state: [off, fault]}'], 'rules 1 and 2'],
    [['{state: [off, run]}', '{state: fault}', '{door: on}'], 'rules 1 and 2'],
    [['{door: on}', '{door: off}', '{state: run}'], 'rules 1 and 2'],
    [['{state: run, door: on}', '{state: run, door: off}', '{state: run}'], 'rules 1 and 2'],
    [['{word: off}', '{word: run}', '{word: other}', '{door: on}'], 'rules 1, 2 and 3'],
    [['{lamp: [on, blink]}', '{lamp: off}', '{state: run}'], 'rules 1 and 2'],
    [['{not: {state: run}}', '{state: run}', '{door: on}'], 'rules 1 and 2'],
  ])('%o is told', (rules, which) => {
    const line = 8 + rules.length
    expect(told(...rules)).toEqual([
      `m.yaml:${line}:5: ${NEVER} ${which} together match whenever this one would${HINT}`,
    ])
  })

  it('is told by the rule that swallows it alone, where there is one', () => {
    expect(told('{not: {state: run}}', '{state: fault}')).toEqual([
      `m.yaml:10:5: ${NEVER} rule 1 matches whenever this one would${HINT}`,
    ])
    expect(told('{not: {door: on}}', '{not: {any: [{door: on}, {state: run}]}}')).toEqual([
      `m.yaml:10:5: ${NEVER} rule 1 matches whenever this one would${HINT}`,
    ])
  })
})

it.each([
  [['{state: off}', '{state: [off, fault]}']],
  [['{state: [off, run]}', '{door: on}']],
  [['{word: off}', '{word: run}', '{door: on}']],
  [['{state: off}', '{state: run}', '{state: fault, door: off}', '{door: on}']],
  [['{state: off}', '{state: run}', '{state: fault}', '{state: 5}']],
  [['{state: off}', '{state: run}', '{state: fault}', '{door: on}', '{state: ">10"}']],
  [['{lamp: on}', '{lamp: off}', '{state: run}']],
])('%o: each of these rules is reached', (rules) => {
  expect(told(...rules)).toEqual([])
})
