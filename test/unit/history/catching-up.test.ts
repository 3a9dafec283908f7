/** How the history takes in a long log beside a gateway that has other work. */
import { expect, test } from 'vitest'
import { createHistory } from '../../../src/history/history.ts'
import type { HistoryReach } from '../../../src/history/messages.ts'
import { CalledThread } from '../../../src/runtime/thread-link.ts'

const FIRST_LOOK_MS = 30_000
const NEXT_LOOK_MS = 10_000

/** A clock that stands still but for what is waited for and what each part takes, and a thread with this log. */
async function sleepsBeside(parts: number, partMs: number): Promise<readonly number[]> {
  const [over, sleeps] = [new AbortController(), [] as number[]]
  let [monoMs, left] = [0, parts]
  const sleep = async (ms: number) => {
    sleeps.push(ms)
    monoMs += ms
    if (sleeps.length > 1 && ms === NEXT_LOOK_MS) over.abort()
  }
  const followed = (): HistoryReach => {
    monoMs += partMs
    left -= 1
    return { keptFromMs: null, missing: left, halted: null }
  }
  const thread = new CalledThread((callers) => ({
    post: ({ id }) => queueMicrotask(() => callers.answer({ id, outcome: { ok: true, value: followed() } })),
    end: async () => undefined,
  }))
  const clock = { now: () => ({ boot: 'boot', wallMs: monoMs, monoMs }), sleep }
  const outbox = { onStored: () => () => undefined }
  await using history = createHistory({
    files: { file: 'history.db', log: 'outbox.db' },
    outbox,
    clock,
    thread,
  })
  await history.run(over.signal)
  return sleeps
}

test('a long log is taken in part by part, and each leaves four times its time to the others', async () => {
  expect(await sleepsBeside(4, 50)).toEqual([FIRST_LOOK_MS, 200, 200, 200, NEXT_LOOK_MS])
})

test('parts that take no time leave some to whoever asks', async () => {
  expect(await sleepsBeside(3, 1)).toEqual([FIRST_LOOK_MS, 20, 20, NEXT_LOOK_MS])
})
