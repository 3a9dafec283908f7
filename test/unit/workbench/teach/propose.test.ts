/** What a teach-in proposes for machines whose logic is known. */
import { describe, expect, it } from 'vitest'
import { type Proposal, propose } from '../../../../src/workbench/teach/propose.ts'
import {
  bit,
  bystanders,
  type Mode,
  measured,
  noise,
  record,
  sequence,
  type Wire,
  word,
} from '../../../support/taught-machine.ts'
import { compileProposal, proposalText, replayUnseen } from '../../../support/taught-map.ts'

const SHOWN: readonly Mode[] = ['run', 'stop', 'emergency_stop', 'door_open', 'run', 'stop']
const UNSEEN: readonly Mode[] = [
  'stop',
  'run',
  'door_open',
  'run',
  'emergency_stop',
  'stop',
  'run',
  'emergency_stop',
  'door_open',
  'run',
]

function taught(wires: readonly Wire[], modes = SHOWN, eachMs = 10_000): Proposal {
  return propose(record([...wires, ...bystanders(7)], sequence(modes, eachMs, 4_000)), compileProposal)
}

function rulesText({ rules }: Proposal): readonly string[] {
  return rules.map(
    ({ when, is, reason }) =>
      `${when === undefined ? 'else' : JSON.stringify(when)} ${is}${reason ? ` ${reason}` : ''}`,
  )
}

function isRightUnseen(proposal: Proposal, wires: readonly Wire[], modes = UNSEEN): void {
  const unseen = record([...wires, ...bystanders(91)], sequence(modes, 40_000, 0))
  for (const { share, phase, said } of replayUnseen(proposal, unseen))
    expect(
      share,
      `phase ${phase} (${modes[phase - 1]}) came to ${said}\n${proposalText(proposal)}`,
    ).toBeGreaterThan(0.9)
}

const STATES: Readonly<Record<Mode, number>> = { stop: 2, run: 1, emergency_stop: 5, door_open: 3, setup: 4 }

describe('a teach-in', () => {
  it('takes a word of states alone, with a name for each value', () => {
    const wires = [
      word('r40101', 40_101, (mode) => STATES[mode]),
      bit('lamp', 10_005, (mode) => mode === 'run'),
    ]
    const proposal = taught(wires)
    expect(rulesText(proposal)).toEqual([
      '{"state":"emergency_stop"} down emergency_stop',
      '{"state":"door_open"} idle door_open',
      '{"state":"run"} running',
      'else idle',
    ])
    expect(proposal.signals.map(({ keys }) => keys)).toEqual([
      { at: '40101', type: 'u16', names: { 1: 'run', 2: 'stop', 3: 'door_open', 5: 'emergency_stop' } },
    ])
    expect(proposal.phases.map(({ because }) => because)[2]).toBe('state shows 5 (emergency_stop)')
    isRightUnseen(proposal, wires)
  })

  it('calls a value that was seen in several phases by all of them, and never by one', () => {
    const wires = [
      word(
        'r40101',
        40_101,
        (mode) => ({ run: 3, stop: 1, door_open: 1, emergency_stop: 5, setup: 7 })[mode],
      ),
      word('r40103', 40_103, (mode) => (mode === 'emergency_stop' || mode === 'door_open' ? 4 : 6)),
    ]
    const proposal = taught(wires)
    for (const [mode, value] of [
      ['door_open', 'door_open'],
      ['emergency_stop', 'emergency_stop'],
    ] as const) {
      const { when = {} } = proposal.rules.find(({ reason }) => reason === mode) ?? {}
      for (const asked of Object.values(when))
        expect(String(asked)).toMatch(new RegExp(`${value}|^true$|^false$`))
    }
    isRightUnseen(proposal, wires)
  })

  it('says that it would never be running, where nobody has shown it running', () => {
    const wires = [word('r40101', 40_101, (mode) => STATES[mode])]
    const { advice, confidence } = taught(wires, ['stop', 'emergency_stop', 'stop', 'emergency_stop'])
    expect(advice[0]).toContain('not shown running')
    expect(confidence).toBeLessThan(0.5)
  })

  it('takes noise for no heartbeat', () => {
    const wires = [
      word('r40101', 40_101, (mode) => STATES[mode]),
      word('r40109', 40_109, (_, ms) => 480 + ((Math.floor(ms / 250) * 17) % 41)),
      word('r40104', 40_104, (_, ms) => Math.floor(ms / 250) % 1_000),
    ]
    const { remarks } = taught(wires)
    const what = (name: string) => remarks.find(({ signal }) => signal === name)?.what
    expect(what('r40109')).toBe('drifts')
    expect(what('r40104')).toBe('heartbeat')
  })

  it('names the texts of a state, so that one that was not shown decides nothing', () => {
    const texts: Readonly<Record<Mode, string>> = {
      run: 'Executing',
      stop: 'Idle',
      emergency_stop: 'Aborted',
      door_open: 'Held',
      setup: 'Setup',
    }
    const wire: Wire = {
      name: 'mode',
      kind: 'text',
      keys: { at: '40120/12', type: 'string' },
      isNamed: true,
      at: (mode) => texts[mode],
    }
    const proposal = taught([wire])
    expect(proposal.signals[0]).toMatchObject({
      name: 'mode',
      keys: { names: { Executing: 'run', Idle: 'stop', Aborted: 'emergency_stop', Held: 'door_open' } },
    })
    isRightUnseen(proposal, [wire])
    const [first] = replayUnseen(proposal, record([wire], sequence(['setup', 'setup'], 40_000, 0)))
    expect(first?.share).toBe(0)
    expect(['nothing', 'available (NO_DATA)']).toContain(first?.said)
  })

  it('masks the heartbeat out of a word of states', () => {
    const wires = [word('r40101', 40_101, (mode, ms) => STATES[mode] + (Math.floor(ms / 500) % 2) * 0x8000)]
    const proposal = taught(wires)
    expect(proposal.signals[0]?.keys).toMatchObject({ mask: 0x7fff, names: { 1: 'run' } })
    isRightUnseen(proposal, wires)
  })

  it('takes the bits of a word of inputs, each as a signal of its own', () => {
    const wires = [
      word(
        'r40103',
        40_103,
        (mode, ms) =>
          (mode === 'run' ? 0x100 : 0) +
          (mode === 'emergency_stop' ? 0x1000 : 0) +
          (mode === 'door_open' ? 0x20 : 0) +
          0x400 +
          (noise(3, Math.floor(ms / 1_500) * 1_500) > 0.5 ? 2 : 0),
      ),
    ]
    const proposal = taught(wires)
    expect(rulesText(proposal)).toEqual([
      '{"emergency_stop_on":true} down emergency_stop',
      '{"door_open_on":true} idle door_open',
      '{"run_on":true} running',
      'else idle',
    ])
    expect(proposal.signals.map(({ keys }) => keys.at).toSorted()).toEqual(['40103:12', '40103:5', '40103:8'])
    isRightUnseen(proposal, wires)
  })

  it('finds two limits with room between in a current that swings', () => {
    const wires = [
      measured(
        'current',
        30_007,
        (mode, ms) => (mode === 'run' ? 9 : 2) + Math.round(noise(5, ms) * 200) / 100,
        true,
      ),
    ]
    const proposal = taught(wires, ['run', 'stop', 'run', 'stop'])
    expect(rulesText(proposal)).toEqual(['{"current":"running"} running', 'else idle'])
    const { running_above: above, stopped_below: below } = proposal.signals[0]?.keys ?? {}
    expect(above).toBeGreaterThan(5.5)
    expect(above).toBeLessThan(9)
    expect(below).toBeGreaterThan(4)
    expect(below).toBeLessThan(Number(above))
    isRightUnseen(proposal, wires, ['stop', 'run', 'stop', 'run', 'stop'])
  })

  it('knows a machine by its counter that goes on', () => {
    let parts = 65_530
    const wires = [
      word('r40110', 40_110, (mode, ms, lasted) => {
        if (mode === 'run' && lasted > 0 && ms % 1_000 === 0) parts = (parts + 1) % 65_536
        return parts
      }),
    ]
    const proposal = taught(wires, ['run', 'stop', 'run', 'stop'])
    expect(rulesText(proposal)).toEqual(['{"cycles":"pulsing"} running', 'else idle'])
    expect(proposal.others).toEqual({ pulse: { from: 'cycles', ideal_cycle: '1s' } })
    isRightUnseen(proposal, wires, ['stop', 'run', 'stop', 'run', 'stop'])
  })

  it('tells a light that blinks from one that is on', () => {
    const wires = [
      bit(
        'r10003',
        10_003,
        (mode, ms) => mode === 'run' || (mode === 'emergency_stop' && Math.floor(ms / 500) % 2 === 0),
      ),
    ]
    const proposal = taught(wires, ['run', 'stop', 'emergency_stop', 'run', 'stop'])
    expect(rulesText(proposal)).toEqual([
      '{"light":"blink"} down emergency_stop',
      '{"light":"on"} running',
      'else idle',
    ])
    isRightUnseen(proposal, wires, ['stop', 'run', 'emergency_stop', 'run', 'stop', 'run'])
  })

  it('takes no number that only drifts, and no toggle that happens to fit', () => {
    const proposal = taught([], ['run', 'stop', 'run', 'stop'])
    expect(proposal.rules).toEqual([])
    expect(proposal.said).toMatch(/no signal changed with|not all that was shown|no rules agree/)
    expect(proposal.remarks.find(({ signal }) => signal === 'beat')).toMatchObject({ what: 'heartbeat' })
  })

  it('says which phases look alike, and proposes no rules that would contradict them', () => {
    const wires = [bit('r10003', 10_003, (mode) => mode === 'run')]
    const proposal = taught(wires)
    expect(proposal.rules).toEqual([])
    expect(proposal.alike.map(({ said }) => said)).toContain(
      '"stop" and "emergency stop" look the same in every signal that was recorded',
    )
    expect(proposal.alike[0]?.tryNext).toMatch(/registers/)
  })

  it('waits out a contact that bounces', () => {
    const bounce = (mode: Mode, ms: number) => mode === 'run' && ms % 4_000 !== 0
    const wires = [bit('running', 10_003, bounce, true)]
    const proposal = taught(wires, ['run', 'stop', 'run', 'stop'])
    expect(rulesText(proposal)).toEqual(['{"running":true} running', 'else idle'])
    expect(proposal.rules.map((rule) => rule.for)).toEqual(['500ms', '500ms'])
    isRightUnseen(proposal, wires, ['stop', 'run', 'stop', 'run'])
  })

  it('is less sure of what was shown once', () => {
    const wires = [word('state', 40_101, (mode) => STATES[mode], true)]
    const once = taught(wires, ['run', 'stop', 'emergency_stop'])
    const twice = taught(wires, ['run', 'stop', 'emergency_stop', 'run', 'stop', 'emergency_stop'])
    expect(twice.confidence).toBeGreaterThan(once.confidence)
    expect(once.advice.join()).toContain('seen only once: run, stop, emergency stop')
  })
})
