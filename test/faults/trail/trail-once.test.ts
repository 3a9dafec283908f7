/** An audit trail whose disk fails, or whose process is killed, at one call after another: each record stands once, in its order. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../../simulators/random.ts'
import { openTrail, trailFileIn } from '../../../src/audit-trail/trail-file.ts'
import { verifyTrail } from '../../../src/audit-trail/verify.ts'
import { testFolder } from '../../support/buffer.ts'
import { canShim, type Failure, type How, makeShim, type Shim } from '../shim/shim.ts'
import { WHOLE_RUN } from './expected-records.ts'

interface Point {
  readonly at: number
  readonly index: number
}

const LIFE = fileURLToPath(new URL('./trail-life.ts', import.meta.url))
const ERRORS: readonly Failure['error'][] = ['ENOSPC', 'EIO', 'EROFS']
const HOWS: readonly How[] = ['kill before', 'kill torn', 'kill after']
const SEED = Date.now() % 2 ** 31
/** Of each test, spread over the calls of a run. `TRAIL_POINTS=all` takes every call with every fault, which takes minutes. */
const POINTS = 6

/** The calls at which something happens, and a number that says what. */
function pointsAmong(calls: number, name: string, faults: number): readonly Point[] {
  if (process.env.TRAIL_POINTS === 'all')
    return Array.from({ length: calls * faults }, (_, index) => ({
      at: 1 + Math.floor(index / faults),
      index,
    }))
  const random = seededRandom(SEED, name)
  const part = calls / POINTS
  return Array.from({ length: POINTS }, (_, index) => ({
    at: 1 + Math.floor((index + random()) * part),
    index,
  }))
}

function startLives(shim: Shim): ChildProcess {
  const child = fork(LIFE, { env: { ...process.env, ...shim.env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** @returns whether the run came to its end */
async function runIn(child: ChildProcess, folder: string): Promise<boolean> {
  mkdirSync(folder, { recursive: true })
  const over = new AbortController()
  const ended = once(child, 'message', { signal: over.signal }).then(() => true)
  const died = once(child, 'exit', { signal: over.signal }).then(() => false)
  child.send(folder)
  const outcome = await Promise.race([ended, died])
  over.abort()
  await Promise.allSettled([ended, died])
  return outcome
}

/** What stands in the trail, oldest first. */
function recordedIn(folder: string): readonly string[] {
  using trail = openTrail(trailFileIn(folder), { isOwner: true })
  const records = trail.records({ before: null, who: null, limit: 1_000 }).toReversed()
  return records.map(({ event, what }) => (event === 'clock-stepped' ? what : event))
}

/** What may be found after a kill and a second run: what was committed of the first one, and all of the second one. */
const STARTED = WHOLE_RUN.indexOf('gateway-started')
const SECOND_RUN = WHOLE_RUN.slice(STARTED)
const AFTER_A_KILL: readonly (readonly string[])[] = [
  // Nothing of the first run but that the trail begins.
  WHOLE_RUN,
  ...WHOLE_RUN.slice(STARTED + 1).map((_, noted) => [
    ...WHOLE_RUN.slice(0, STARTED + 1 + noted),
    'gateway-ended-uncleanly',
    ...SECOND_RUN,
  ]),
  [...WHOLE_RUN, ...SECOND_RUN],
]

async function callsOfARun(parent: string): Promise<number> {
  using shim = makeShim(parent)
  await runIn(startLives(shim), join(parent, 'whole'))
  return shim.writes
}

async function runKilled(parent: string, at: number, how: How): Promise<string> {
  const folder = join(parent, `${how}-${at}`.replace(' ', '-'))
  using shim = makeShim(parent)
  shim.plan(at, how)
  await runIn(startLives(shim), folder)
  return folder
}

describe.skipIf(!canShim)('an audit trail (where a C compiler is installed)', () => {
  test('records once, whichever call to the disk fails', { timeout: 900_000 }, async () => {
    const parent = testFolder()
    const calls = await callsOfARun(parent)
    expect(calls).toBeGreaterThan(POINTS)
    using shim = makeShim(parent)
    const child = startLives(shim)
    for (const { at, index } of pointsAmong(calls, 'fail', ERRORS.length)) {
      const error = ERRORS[index % ERRORS.length] ?? 'EIO'
      const folder = join(parent, `${error}-${at}`)
      shim.plan(at, 'fail', { error, span: 1 })
      expect(await runIn(child, folder), folder).toBe(true)
      shim.heal()
      expect(recordedIn(folder), `${folder}, seed ${SEED}`).toEqual(WHOLE_RUN)
      expect(verifyTrail(trailFileIn(folder)).problems, `${folder}, seed ${SEED}`).toEqual([])
    }
  })

  test('records once, and goes on, wherever it is killed', { timeout: 900_000 }, async () => {
    const parent = testFolder()
    const calls = await callsOfARun(parent)
    using healthy = makeShim(parent)
    const next = startLives(healthy)
    for (const { at, index } of pointsAmong(calls, 'kill', HOWS.length)) {
      const folder = await runKilled(parent, at, HOWS[index % HOWS.length] ?? 'kill before')
      await runIn(next, folder)
      expect(AFTER_A_KILL, `${folder}, seed ${SEED}`).toContainEqual(recordedIn(folder))
      expect(verifyTrail(trailFileIn(folder)).problems, `${folder}, seed ${SEED}`).toEqual([])
    }
  })
})
