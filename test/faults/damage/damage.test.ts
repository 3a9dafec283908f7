import { rmSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { forEachNumber } from '../in-turn.ts'
import { scratchFolder } from '../scratch-folder.ts'
import { damageCampaign } from './campaign.ts'

/** Places are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31
const LOGS = 300
const PATIENCE_MS = 10 * 60_000

// Faults of the catalogue: [B9] [C6] [C7]
it(
  'goes on after any damage to the local log with nothing false and nothing silently gone',
  async () => {
    const folder = scratchFolder()
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const damage = await damageCampaign(folder, SEED)
    const findings = await forEachNumber({ from: 0, to: LOGS }, damage)
    const again = findings.map(({ index }) => `npm run faults -- --damage 1 --from ${index} --seed ${SEED}`)
    expect(
      findings.map(({ what, laws }) => ({ what, laws })),
      again.join('\n'),
    ).toEqual([])
  },
  PATIENCE_MS,
)
