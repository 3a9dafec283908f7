import { expect, test } from 'vitest'
import { ClockWatch } from '../../../src/metrics/clock-watch.ts'

// Fault of the catalogue: [D3]
test('a wall clock that is turned slowly has not jumped; one that is set has, by so much', async () => {
  let [wallMs, monoMs] = [1_000_000, 0]
  const watch = new ClockWatch({ now: () => ({ boot: 'boot-1', wallMs, monoMs }) })
  const later = async (wall: number) => {
    wallMs += wall
    monoMs += 15_000
    await watch.look()
    return watch.standing
  }
  expect(await later(15_008)).toMatchObject({ steps: 0, lastStepMs: null })
  expect(await later(15_000 + 3_600_000)).toMatchObject({ steps: 1, lastStepMs: 3_600_000 })
  expect(await later(15_000)).toMatchObject({ steps: 1 })
  expect(await later(15_000 - 2_000)).toMatchObject({ steps: 2, lastStepMs: -2_000 })
})
