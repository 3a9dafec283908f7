/** A code that an earlier stop has left behind stays an old one, whatever happens to the link, the poll or the gateway. */
import { describe, expect, it, test } from 'vitest'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
import { press, rule } from '../../support/press.ts'

const OLD = 101
const OWN = 210
const run = { state: 'run', fault: 0 }

/** A press that has run for ten minutes and still shows the code of its last stop. Its setup has no reason of its own. */
function pressWithOldCode(): Play {
  return new Play(mapWithSetup('v1')).show({ state: 'run', fault: OLD }, 600)
}

function mapWithSetup(version: string): MachineMap {
  return press({ version, rules: [rule('setup', { state: 'setup' }, 0), ...press().rules] })
}

const interruptions: readonly (readonly [string, (play: Play) => Play])[] = [
  ['a poll that failed', (play) => play.show({ fault: null }, 1, 'bad').show({ fault: OLD }, 2)],
  ['a link that was lost', (play) => play.cut(2).show({}, 2)],
  ['a restart of the gateway', (play) => play.restart(2).show({}, 2)],
  ['a gateway that was killed', (play) => play.restart(2, {}, { how: 'kill' }).show({}, 2)],
  ['a reboot', (play) => play.restart(60, {}, { reboot: true }).show({}, 2)],
  [
    'a reboot into the wrong time',
    (play) => play.restart(60, {}, { reboot: -40 }).show({}, 1).stepWallClock(40).show({}, 1),
  ],
  ['another version of the map', (play) => play.reload(mapWithSetup('v2')).cut(1).show({}, 2)],
]

describe.each(interruptions)('after %s', (_, interrupt) => {
  test('the next stop has its own code, which comes after its state', () => {
    const play = interrupt(pressWithOldCode())
      .show({ state: 'fault' }, 2)
      .show({ fault: OWN }, 200)
      .show(run, 60)
    expect(play.downtimes.map(({ code, laterCodes }) => ({ code, laterCodes }))).toEqual([
      { code: String(OWN), laterCodes: [] },
    ])
  })

  test('a setup that goes on is not booked with the old code', () => {
    const play = interrupt(pressWithOldCode().show({ state: 'setup' }, 200))
      .show({}, 200)
      .show(run, 60)
    expect(play.downtimes.map(({ reason }) => reason)).toEqual([null])
  })
})

describe.each([
  ['a restart of the gateway', {}],
  ['a gateway that was killed', { how: 'kill' as const }],
  ['a reboot', { reboot: true }],
])('a stop that began during %s', (_, how) => {
  test('has its own code, which comes after the first reading', () => {
    const play = pressWithOldCode().restart(20, { state: 'fault' }, how).show({}, 2)
    play.show({ fault: OWN }, 200).show(run, 60)
    expect(play.downtimes.map(({ code, laterCodes }) => ({ code, laterCodes }))).toEqual([
      { code: String(OWN), laterCodes: [] },
    ])
  })

  test('has the old one where no other comes, once that is certain', () => {
    const play = pressWithOldCode().restart(20, { state: 'fault' }, how).show({}, 200).show(run, 60)
    expect(play.downtimes.map(({ code }) => code)).toEqual([String(OLD)])
  })
})

it('a bit that was set long before keeps its age over a restart, and one that came is the reason', () => {
  const faults = [
    {
      signal: 'fault',
      latch: 'first',
      settleMs: 5_000,
      isBitField: true,
      reasons: [
        { from: 0, to: 0, code: 'old', category: null },
        { from: 1, to: 1, code: 'own', category: null },
      ],
    },
  ] as const
  const play = new Play(press({ faults })).show({ state: 'run', fault: 0b01 }, 600).restart(2).show({}, 2)
  play.show({ state: 'fault' }, 2).show({ fault: 0b11 }, 200).show(run, 60)
  expect(play.downtimes.map(({ code }) => code)).toEqual(['bit 1'])
})
