/** A log of an earlier version is brought up to date while the process is killed at its calls to the disk. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../simulators/random.ts'
import { testFolder, testOutbox } from '../../support/buffer.ts'
import { canShim, type How, makeShim } from './shim.ts'

const VERSION_0 = fileURLToPath(new URL('../../cases/logs/version-0/outbox.db', import.meta.url))
const OPENER = fileURLToPath(new URL('./open-log.ts', import.meta.url))
/** What stands in that log. */
const EVENTS = 36
const SEED = Date.now() % 2 ** 31
const KILLS = 6
const HOWS: readonly How[] = ['kill before', 'kill torn', 'kill after']

/** Opens a copy of the log in a process of its own. @returns the calls that it made, where it was not killed */
function migrate(folder: string, plan?: { readonly at: number; readonly how: How }): number {
  mkdirSync(folder)
  const file = join(folder, 'outbox.db')
  copyFileSync(VERSION_0, file)
  using shim = makeShim(folder)
  if (plan) shim.plan(plan.at, plan.how)
  spawnSync(process.execPath, [...process.execArgv, OPENER, file], { env: { ...process.env, ...shim.env } })
  return shim.writes
}

describe.skipIf(!canShim)('an update of the log (where a C compiler is installed)', () => {
  test('[B10] that is killed leaves the old log or the new one, with every event', {
    timeout: 300_000,
  }, async () => {
    const parent = testFolder()
    const calls = migrate(join(parent, 'whole'))
    expect(calls).toBeGreaterThan(KILLS)
    for (let kill = 0; kill < KILLS; kill += 1) {
      const random = seededRandom(SEED, `kill ${kill}`)
      const at = 1 + Math.floor(((kill + random()) * calls) / KILLS)
      const folder = join(parent, `kill-${kill}`)
      migrate(folder, { at, how: HOWS[kill % HOWS.length] ?? 'kill before' })
      const outbox = await testOutbox({ file: join(folder, 'outbox.db') })
      const said = `seed ${SEED}, call ${at} of ${calls}`
      expect((await outbox.tail()).seq, said).toBe(EVENTS)
      expect(await outbox.verifyChain(), said).toBeNull()
      expect(Object.keys(await outbox.states()).sort(), said).toEqual([
        'gateway:alive',
        'machine:#3',
        'machine:P-1',
      ])
      await outbox[Symbol.asyncDispose]()
    }
  })
})
