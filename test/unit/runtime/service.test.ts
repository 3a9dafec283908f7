import { expect, onTestFinished, test, vi } from 'vitest'
import { partTroubles } from '../../../src/console/part-troubles.ts'
import { DestinationError } from '../../../src/domain/errors.ts'
import { type Clock, systemClock } from '../../../src/runtime/clock.ts'
import { createParts } from '../../../src/runtime/service.ts'
import { recordingLog } from '../../support/buffer.ts'

/** The timers that a test moves. */
const clock: Clock = {
  ...systemClock,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => resolve())
    }),
}

/** A part that does in each run what the next of these says. */
function partOf(runs: readonly ((signal: AbortSignal) => Promise<void>)[]) {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { log, lines } = recordingLog()
  const parts = createParts({ clock, random: () => 1, log })
  let run = 0
  const stop = parts.start({
    name: 'uploader of central',
    run: (signal) => (runs[Math.min(run++, runs.length - 1)] ?? untilAborted)(signal),
  })
  return { parts, lines, stop }
}

const falls = () => Promise.reject(new TypeError('rows is not iterable'))
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))

// Fault of the catalogue: [B6]
test('a part that keeps falling is a trouble, with how often, since when and why', async () => {
  const { parts, lines, stop } = partOf([falls])
  await vi.advanceTimersByTimeAsync(4_500)
  const [trouble] = partTroubles(parts.falling)
  expect(trouble).toMatchObject({
    code: 'part-restarts',
    what: expect.stringMatching(/^uploader of central has failed \d times .*: rows is not iterable$/),
    sinceMs: expect.any(Number),
  })
  expect(lines[0]).toMatchObject({ code: 'part-restarts', service: 'uploader of central' })
  await stop()
  expect(partTroubles(parts.falling)).toEqual([])
})

test('it is over once the part has run for a while, and that is said once', async () => {
  const { parts, lines, stop } = partOf([falls, falls, untilAborted])
  await vi.advanceTimersByTimeAsync(30_000)
  expect(partTroubles(parts.falling)).toMatchObject([{ what: expect.stringContaining('2 times') }])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(partTroubles(parts.falling)).toEqual([])
  await vi.advanceTimersByTimeAsync(600_000)
  expect(lines.filter(({ msg }) => msg.startsWith('over: '))).toHaveLength(1)
  await stop()
})

test('a part that never fell is no trouble, and its end is no fall', async () => {
  const { parts, lines, stop } = partOf([untilAborted])
  await vi.advanceTimersByTimeAsync(120_000)
  await stop()
  expect(partTroubles(parts.falling)).toEqual([])
  expect(lines).toEqual([])
})

test('one that ran well for long is started again as soon as after its first fall', async () => {
  const startedMs: number[] = []
  const startsAnd = (run: typeof untilAborted) => (signal: AbortSignal) => {
    startedMs.push(Date.now())
    return run(signal)
  }
  let fellMs = 0
  const fallsLate = async () => {
    await clock.sleep(70_000)
    fellMs = Date.now()
    throw new Error('it fell')
  }
  const { stop } = partOf([falls, falls, falls, falls, fallsLate, untilAborted].map(startsAnd))
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  const [first = 0, second = 0] = startedMs
  expect(startedMs).toHaveLength(6)
  expect((startedMs.at(-1) ?? 0) - fellMs).toBe(second - first)
  expect((startedMs[4] ?? 0) - (startedMs[3] ?? 0)).toBeGreaterThan(second - first)
  await stop()
})

test('what to do about a foreseen fault is said', async () => {
  const error = new DestinationError('central-login', 'no such user', {
    refusal: 'wait',
    hint: 'ask the DBA',
  })
  const { parts, stop } = partOf([() => Promise.reject(error)])
  await vi.advanceTimersByTimeAsync(10)
  expect(partTroubles(parts.falling)).toMatchObject([{ hint: 'ask the DBA' }])
  await stop()
})
