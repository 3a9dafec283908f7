/** The last push of a stop, by what routes say of themselves and by what the log has for them. */
import { expect, test } from 'vitest'
import type { RouteState } from '../../../src/domain/health.ts'
import type { OutboxStats } from '../../../src/domain/outbox.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { lastPush } from '../../../src/uploader/last-push.ts'
import type { Uploader } from '../../../src/uploader/upload.ts'

interface Route {
  readonly name: string
  readonly state: RouteState
  pending: number
}

/** How often the log was asked until the last push was over. Each question finds one event less for whoever is connected. */
async function looksUntilOver(routes: readonly Route[], uncommitted = 0): Promise<number> {
  let looks = 0
  const uploaders = routes.map(({ name: route, state }) => ({
    health: () => ({ summary: { route, state } }),
  }))
  const stats = () => {
    looks += 1
    const consumers = routes.map(({ name, pending }) => ({ name, pending }))
    for (const route of routes)
      if (route.state === 'connected') route.pending = Math.max(0, route.pending - 1)
    const left = Math.max(0, uncommitted + 1 - looks)
    return Promise.resolve({ consumers, uncommitted: left } as unknown as OutboxStats)
  }
  const budget = createStopBudget(AbortSignal.abort(), systemClock)
  const asUploaders = () => uploaders as unknown as readonly Uploader[]
  await lastPush(asUploaders, { stats }, { clock: systemClock, budget })
  return looks
}

const central = (pending: number, state: RouteState = 'connected') => ({ name: 'central', state, pending })

test('it waits for what is not on disk yet, and counts as pending only then', async () => {
  expect(await looksUntilOver([central(0)], 2)).toBe(3)
})

test('it waits for every destination that is connected', async () => {
  expect(await looksUntilOver([central(0), { name: 'feed', state: 'connected', pending: 3 }])).toBe(4)
})

test('it waits for none that is not there, nor for a route that is held', async () => {
  const held: Route = { name: 'held', state: 'waiting', pending: 100 }
  expect(await looksUntilOver([central(5, 'away'), held])).toBe(1)
  expect(await looksUntilOver([central(2), held])).toBe(3)
})
