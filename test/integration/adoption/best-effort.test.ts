/** Routes at best effort after a replaced disk: those that answer are taken over with the others, and one that does not keeps nobody from it. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adopt } from '../../../src/adoption/adopt.ts'
import { keepLeftOut } from '../../../src/adoption/left-out.ts'
import { NOTHING_PLANNED } from '../../../src/adoption/plan.ts'
import { openSides } from '../../../src/adoption/sides.ts'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import { describePlan, describeSides } from '../../../src/commands/buffer/adoption-text.ts'
import type { Route } from '../../../src/domain/destination.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { archivedEvents, archiveRoute } from '../../seams/archive-route.ts'
import { testFolder, testOutbox } from '../../support/buffer.ts'
import { uploadTo } from '../../support/buffer-site.ts'
import { entry } from '../../support/entries.ts'

async function append(outbox: BufferOutbox, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number += 1) await outbox.append(entry(number))
}

function namedArchive(name: string, file: string, must: Route['must']): Route {
  return { ...archiveRoute(file, eventCodec, must), name }
}

test('after a replaced disk a route at best effort goes on with the others, and one that is away is named', async () => {
  const folder = testFolder()
  const files = { plant: join(folder, 'plant.db'), screen: join(folder, 'screen.db') }
  const plant = namedArchive('plant', files.plant, 'deliver')
  const screen = namedArchive('screen', files.screen, 'best-effort')
  const away = namedArchive('away', join(folder, 'nowhere', 'away.db'), 'best-effort')
  const routes = [plant, screen, away]
  const old = await testOutbox({ consumers: routes })
  await append(old, 1, 3)
  for (const route of [plant, screen]) expect(await uploadTo(old, route)).toBe('connected')

  const outbox = await testOutbox({ consumers: routes })
  await append(outbox, 4, 5)
  for (const route of [plant, screen]) expect(await uploadTo(outbox, route)).toBe('fenced')
  const now = systemClock.now()
  {
    await using sides = await openSides({
      outbox,
      routes,
      clock: systemClock,
      signal: AbortSignal.timeout(60_000),
    })
    expect(describeSides(sides, outbox)).toContain('away      cannot be looked at: ')
    const plan = describePlan(sides, NOTHING_PLANNED)
    expect(plan).toContain('screen: goes on with what is still kept, at best effort')
    expect(plan).toContain(
      'away: is not taken over; it will be fenced, until adopt is run again while it answers',
    )
    await using leftOut = keepLeftOut(folder, now.wallMs, true)
    const adopted = await adopt({ outbox, sides: sides.all, plan: NOTHING_PLANNED, leftOut, now })
    expect(adopted.notTakenOver).toEqual([])
  }
  for (const [route, file] of [
    [plant, files.plant],
    [screen, files.screen],
  ] as const) {
    expect(await uploadTo(outbox, route)).toBe('connected')
    expect(archivedEvents(file, eventCodec)).toHaveLength(5)
  }
})
