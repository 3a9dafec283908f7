import { expect, test } from 'vitest'
import { faultRun } from './fault-run.ts'
import { freezeAtRandom, seededRandom, withoutScans } from './faults.ts'

/** Moments are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31
const FREEZES = 4
test(
  `[B3] [D3] stopped ${FREEZES} times for seconds and let go on, the gateway claims nothing that it did not see, and loses nothing`,
  async () => {
    const outcome = await faultRun({ seed: SEED }, (line) =>
      freezeAtRandom(line, FREEZES, seededRandom(SEED)),
    )
    const { missing, extra, duplicates, wrong } = withoutScans(outcome.report)
    const context = `seed ${SEED}, ${outcome.evidenceFile ?? ''}\n${outcome.log}`
    expect({ missing, extra, duplicates, wrong }, context).toEqual({
      missing: [],
      extra: [],
      duplicates: [],
      wrong: [],
    })
    expect({ drained: outcome.drained, exitCode: outcome.exitCode, health: outcome.health }, context).toEqual(
      {
        drained: true,
        exitCode: 0,
        health: 'healthy',
      },
    )
  },
  6 * 60_000,
)
