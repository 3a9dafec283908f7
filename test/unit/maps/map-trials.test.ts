import { describe, expect, it } from 'vitest'
import { type MachineReading, MapTrials } from '../../../src/maps/map-trials.ts'
import { press } from '../../support/press.ts'

const OWNER = 'machine:PRESS-07'
const READ: MachineReading = { seenMs: 900, isConnected: true, trouble: undefined }
const UNREADABLE: MachineReading = { seenMs: 900, isConnected: true, trouble: 'state: no such address' }
const OFF: MachineReading = { seenMs: 900, isConnected: false, trouble: 'does not answer' }
const before = press()
const elsewhere = press({ devices: [{ ...before.devices[0], settings: { host: 'other' } } as never] })

function trialOf(now = press({ version: 'v2' }), was: MachineReading = READ): MapTrials {
  const trials = new MapTrials()
  trials.begin(OWNER, { before, now }, was, 1_000)
  return trials
}

/** After so many seconds in which the machine is read like this. */
function failedAfter(seconds: number, trials: MapTrials, reading: MachineReading): readonly string[] {
  const failed = Array.from({ length: seconds }, () => trials.pass(1_000, () => reading))
  return failed.flatMap((each) => each.map(({ why }) => why))
}

describe('the trial of a changed map', () => {
  it('fails after a minute in which the device answers and nothing can be made of it, once', () => {
    const trials = trialOf()
    expect(failedAfter(59, trials, UNREADABLE)).toEqual([])
    expect(failedAfter(600, trials, UNREADABLE)).toEqual(['state: no such address'])
  })

  it('is over with the first sight of the machine', () => {
    const trials = trialOf()
    expect(failedAfter(50, trials, UNREADABLE)).toEqual([])
    trials.pass(1_000, () => ({ ...READ, seenMs: 2_000 }))
    expect(failedAfter(600, trials, UNREADABLE)).toEqual([])
  })

  it('waits while the machine is off, and goes on when it is back', () => {
    const trials = trialOf()
    expect(failedAfter(30, trials, UNREADABLE)).toEqual([])
    expect(failedAfter(36_000, trials, OFF)).toEqual([])
    expect(failedAfter(30, trials, UNREADABLE)).toHaveLength(1)
  })

  it('fails where the device does not answer at the address that is new', () => {
    expect(failedAfter(60, trialOf(elsewhere), OFF)).toEqual(['does not answer'])
  })

  it('is not held of a machine that was not read before', () => {
    const unreadFor = (ms: number) => ({ ...UNREADABLE, seenMs: 1_000 - ms })
    for (const was of [unreadFor(10_000), OFF, { ...READ, seenMs: null }])
      expect(failedAfter(600, trialOf(elsewhere, was), UNREADABLE)).toEqual([])
  })

  it('is held of a machine that was seen just now, whatever else was wrong with it', () => {
    expect(failedAfter(60, trialOf(undefined, UNREADABLE), UNREADABLE)).toHaveLength(1)
  })

  it('finds nothing against a machine of which nothing is wrong, though its status has still to be awaited', () => {
    expect(failedAfter(600, trialOf(), READ)).toEqual([])
  })
})
