/** The judge of Sparkplug can fail: feeds that break a rule each are all caught. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { downtime, downtimeAmended, opened, scan } from '../../support/central-events.ts'
import { shown } from '../../support/feed.ts'
import { type JudgedFeed, startJudgedFeed } from '../../support/sparkplug/judged-feed.ts'
import { MUTANTS, type Mutant } from '../../support/sparkplug/mutants.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker[Symbol.asyncDispose]())

/** A sound feed is through each step long before that; a mutant may never be. */
const STEP_MAX_MS = 60_000
const MUTANT_STEP_MAX_MS = 4_000
const at = (minute: number) => new Date(Date.UTC(2026, 0, 31, 9, minute)).toISOString()

it('says nothing against the feed', async () => {
  const site = await story({ needs: 'rebirth' })
  expect(site.judge.violations).toEqual([])
  expect(site.judge.counts).toMatchObject({ sessions: 2, rebirths: 1 })
  expect(site.judge.counts.historical).toBeGreaterThan(0)
}, 120_000)

// Disconnecting with a reason is only known to MQTT 5.
it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  'catches %s',
  async (_, mutant) => {
    if (mutant.rule === 'goodbye-reason' && !broker.versions.includes(5)) return
    const restore = mutant.plant()
    try {
      const { judge } = await story(mutant)
      expect(judge.violations.map(({ rule }) => rule)).toContain(mutant.rule)
    } finally {
      restore()
    }
  },
  120_000,
)

/** All that a feed does: it is born, speaks, loses its host, comes back with history, sees a machine go, and leaves. */
async function story({ needs, rule }: Partial<Pick<Mutant, 'needs' | 'rule'>>): Promise<JudgedFeed> {
  let machines = [shown('CNC-01'), shown('CNC-02')]
  const site = await startJudgedFeed(broker, { standings: () => machines, rebirthWithinMs: 2_000 })
  const { feed, host, judge } = site
  const isCaught = () => judge.violations.some((violation) => violation.rule === rule)
  const until = async (condition: () => boolean) => {
    const untilMs = Date.now() + (rule === undefined ? STEP_MAX_MS : MUTANT_STEP_MAX_MS)
    while (!condition() && !isCaught() && Date.now() < untilMs) await systemClock.sleep(10)
  }
  await until(() => judge.counts.births === 1)
  await host.sayOldDeath()
  await feed.store([opened({ at: at(1), status: 'down' }), downtime({ at: at(1) }), scan(7)])
  await until(() => host.events.length >= 3)
  if (needs === 'rebirth') {
    // Behind a birth the next one is put off.
    await systemClock.sleep(5_500)
    await host.askForRebirth()
    await until(() => judge.counts.births === 2)
  }
  await host.leave()
  await until(() => feed.uploader.health().summary.state !== 'connected')
  await feed.store([downtimeAmended({ at: at(1) }), opened({ at: at(9), status: 'idle' })])
  await until(() => judge.counts.sessions === 2)
  await host.join()
  await until(() => host.events.length >= 5)
  machines = [shown('CNC-02')]
  await feed.store([opened({ at: at(10), status: 'running' }), scan(8, { at: at(10) })])
  await until(() => host.events.length >= 7)
  judge.stopping()
  await feed.stop()
  await site[Symbol.asyncDispose]()
  return site
}
