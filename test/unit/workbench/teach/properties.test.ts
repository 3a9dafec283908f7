/** Whatever a machine's logic is and whatever else its PLC shows: what is proposed holds for time that nobody has shown. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { propose } from '../../../../src/workbench/teach/propose.ts'
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

const OTHERS: readonly Mode[] = ['emergency_stop', 'door_open', 'setup']

/** How a PLC may show in which mode its machine is. */
const wirings: Readonly<Record<string, (modes: readonly Mode[], seed: number) => readonly Wire[]>> = {
  'a word of states': (modes, seed) => [
    word('r40101', 40_101, (mode) => 1 + ((modes.indexOf(mode) * 7 + seed) % 20)),
  ],
  'a word of states with a heartbeat in it': (modes, seed) => [
    word(
      'r40101',
      40_101,
      (mode, ms) => modes.indexOf(mode) + 1 + (Math.floor(ms / (500 + 250 * (seed % 2))) % 2) * 0x4000,
    ),
  ],
  'a contact for each mode': (modes) =>
    modes.slice(1).map((own, n) => bit(`r1001${n}`, 10_010 + n, (mode) => mode === own)),
  'bits of one word': (modes, seed) => [
    word('r40103', 40_103, (mode, ms) =>
      modes.reduce(
        (bits, own, n) => bits + (mode === own ? 2 ** (8 + n) : 0),
        noise(seed, Math.floor(ms / 1_250) * 1_250) > 0.5 ? 1 : 0,
      ),
    ),
  ],
  'a current, and contacts for all that is no run': (modes, seed) => [
    measured(
      'current',
      30_007,
      (mode, ms) => (mode === 'run' ? 8 : 2) + Math.round(noise(seed, ms) * 150) / 100,
      true,
    ),
    ...modes.slice(2).map((own, n) => bit(`r1001${n}`, 10_010 + n, (mode) => mode === own)),
  ],
  'a current in tenths, and contacts for all that is no run': (modes, seed) => [
    word('r30007', 30_007, (mode, ms) => (mode === 'run' ? 80 : 20) + Math.round(noise(seed, ms) * 15)),
    ...modes.slice(2).map((own, n) => bit(`r1001${n}`, 10_010 + n, (mode) => mode === own)),
  ],
  'sub-states of a run': (modes) => [
    word('r40101', 40_101, (mode, ms) =>
      mode === 'run' ? 10 + (Math.floor(ms / 750) % 3) * 10 : 1 + modes.indexOf(mode),
    ),
  ],
}

const machines = fc.record({
  wiring: fc.constantFrom(...Object.keys(wirings)),
  others: fc.subarray([...OTHERS]),
  seed: fc.integer({ min: 1, max: 10_000 }),
  order: fc.array(fc.nat(), { minLength: 10, maxLength: 10 }),
})

it('says of unseen time what the machine did, and never contradicts what was shown', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(machines, ({ wiring, others, seed, order }) => {
      const modes: readonly Mode[] = ['stop', 'run', ...others]
      const wires = wirings[wiring]?.(modes, seed) ?? []
      const shown = [...modes, ...modes.toReversed(), 'run' as const]
      const recording = record([...wires, ...bystanders(seed)], sequence(shown, 10_000, 3_000))
      const proposal = propose(recording, compileProposal)
      expect(proposal.rules.length, proposal.said).toBeGreaterThan(1)
      for (const { replayed } of proposal.phases) expect(replayed).toBeGreaterThanOrEqual(0.9)
      const later = order.map((nth) => modes[nth % modes.length] as Mode)
      const unseen = record([...wires, ...bystanders(seed + 1)], sequence(later, 30_000, 0))
      for (const { share, phase, said } of replayUnseen(proposal, unseen))
        expect(share, `${later[phase - 1]} came to ${said}\n${proposalText(proposal)}`).toBeGreaterThan(0.85)
    }),
    { numRuns: 60 },
  )
})

it('proposes nothing where nothing tells the modes apart', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (seed) => {
      const shown: readonly Mode[] = ['run', 'stop', 'run', 'stop', 'run', 'stop', 'stop', 'run']
      const proposal = propose(record(bystanders(seed), sequence(shown, 10_000, 3_000)), compileProposal)
      expect(proposal.rules, proposalText(proposal)).toEqual([])
    }),
    { numRuns: 60 },
  )
})
