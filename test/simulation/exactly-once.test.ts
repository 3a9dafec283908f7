/** `MILLRACE_SEEDS=100000 npx vitest run test/simulation` looks further; `MILLRACE_SEED_FROM` begins elsewhere. */
import { expect, test } from 'vitest'
import { stacksWhereWrong } from './stacks.ts'
import { type Fork, live, type Report } from './world.ts'

const SEEDS = Number(process.env.MILLRACE_SEEDS ?? 2_000)
const FROM = Number(process.env.MILLRACE_SEED_FROM ?? 1)
const FORKS: readonly Fork[] = ['none', 'deleted stream', 'cloned card', 'old image', 'replaced disk']

test(`whatever fails, each of ${SEEDS} lives ends with every event in central exactly once`, {
  timeout: 300_000 + SEEDS * 200,
}, async () => {
  const reports: Report[] = []
  for (let seed = FROM; seed < FROM + SEEDS; seed += 1) reports.push(await stacksWhereWrong(() => live(seed)))
  expect(reports.flatMap(({ violation }) => violation ?? [])).toEqual([])
  if (SEEDS >= 1_000) expectEveryCornerMet(reports)
})

/** A simulation that never comes to a fence, a gap or a release proves nothing about them. */
function expectEveryCornerMet(reports: readonly Report[]): void {
  for (const fork of FORKS)
    expect(reports.filter((report) => report.fork === fork).length, fork).toBeGreaterThan(20)
  for (const met of ['quarantine', 'release', 'restore', 'gap', 'fence'])
    expect(reports.filter((report) => report.met.has(met)).length, met).toBeGreaterThan(50)
  const alone = reports.filter(({ faults, fork }) => faults.size <= 2 && fork === 'none')
  expect(alone.length, 'lives with hardly a fault').toBeGreaterThan(5)
}

test('one seed is one life, to the last message', async () => {
  for (let seed = FROM; seed < FROM + 20; seed += 1) {
    const [once, again] = [await live(seed), await live(seed)]
    expect(again.trace, `seed ${seed}`).toBe(once.trace)
    expect(once.trace).not.toBe(0)
  }
})
