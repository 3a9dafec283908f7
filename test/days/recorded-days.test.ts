import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import { whatIf } from '../../src/what-if/compare.ts'
import { replayAsItWas } from '../../src/what-if/replay.ts'
import { PlayRecording } from '../support/play-recording.ts'
import { type Day, KINDS, type Kind } from './day.ts'
import { live } from './live.ts'

const DAYS = 30
const SEED = 20_261_126
const TIMEOUT_MS = 900_000
const ALWAYS = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }

/** A replay gives the events that the log has, but for those of which the last moments before a kill were not recorded. */
function expectReplayed(day: Day): void {
  using recording = new PlayRecording()
  const { events, unrecorded } = live(day, recording)
  recording.end('stop')
  const stored = events.filter((_, index) => !unrecorded.has(index))
  const replayed: MachineEvent[] = []
  using read = recording.read()
  const segments = read.segments('PRESS-07', ALWAYS.fromMs, ALWAYS.toMs)
  replayAsItWas(segments, { came: (came) => replayed.push(...came), missing: () => {} })
  expect(replayed).toEqual(stored)
  const [first] = segments
  if (!first) return
  const same = whatIf(read, { edited: first.map, span: { fromMs: first.began.wallMs, toMs: ALWAYS.toMs } })
  // What a kill has taken was forgotten by the gateway as well, and an edited map goes on with all that was recorded.
  if (same?.lost.length !== 0) return
  expect(same.differences).toEqual([])
  expect(same.after.stops).toEqual(same.before.stops)
  expect(same.missing).toEqual([])
}

async function replayed(kind: Kind): Promise<void> {
  await fc.assert(
    fc.property(KINDS[kind], (day) => expectReplayed(day)),
    { numRuns: DAYS, seed: SEED, endOnFailure: true },
  )
}

describe('a replay of a recorded day gives exactly the events that were stored', {
  timeout: TIMEOUT_MS,
}, () => {
  it('whatever happens to the machine, its devices, the gateway and its computer', () => replayed('calm'))
  it('whatever orders and reasons people scan', () => replayed('staffed'))
  it('whatever people declare the machine to be doing', () => replayed('declared'))
  it('and while the computer has no time after a boot', () => replayed('unset'))
  it('and while the clock is set again and again', () => replayed('stepped'))
})
