/** A page that is left while its answer is still being made. */
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { endpoint } from '../../../src/console/endpoint.ts'
import { testConsole } from '../../support/console.ts'

const EVENTUALLY = { timeout: 60_000, interval: 20 }

test('is given up for, and that is no fault of the gateway in its log', async () => {
  let begun = 0
  let givenUp = 0
  const slow = endpoint({
    method: 'GET',
    path: '/slow',
    role: 'view',
    summary: 'Takes its time.',
    answer: z.object({}),
    handle: async ({ signal }) => {
      begun += 1
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      givenUp += 1
      throw signal.reason
    },
  })
  const { port, lines } = await testConsole({ api: { endpoints: [slow], streams: [] } })
  const leave = new AbortController()
  const asked = fetch(`http://127.0.0.1:${port}/api/v1/slow`, { signal: leave.signal })
  await expect.poll(() => begun, EVENTUALLY).toBe(1)
  leave.abort()
  await expect(asked).rejects.toThrow()
  await expect.poll(() => givenUp, EVENTUALLY).toBe(1)
  // What is logged of it is logged at once.
  await wait(100)
  expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([])
})
