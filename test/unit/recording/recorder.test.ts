import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Instant } from '../../../src/domain/instant.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { RECORDING_FILE } from '../../../src/recording/file/schema.ts'
import { openStore } from '../../../src/recording/file/store.ts'
import type { TapeBatch } from '../../../src/recording/messages.ts'
import { openRecording } from '../../../src/recording/read-recording.ts'
import { createRecorder } from '../../../src/recording/recorder.ts'
import { RecordingLink } from '../../../src/recording/recording-link.ts'
import { OBJECT } from '../../../src/recording/tape-codes.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import type { CalledThread, ThreadFault } from '../../../src/runtime/thread-link.ts'
import { FileLink, filesThread } from '../../../src/sqlite/files-thread/file-link.ts'
import { press } from '../../support/press.ts'
import { bytesOf, valuesIn } from '../../support/tape.ts'

const HOUR_MS = 3_600_000
const BOUNDS = { retentionMs: 72 * HOUR_MS, maxBytes: 100_000_000 }
const PATIENCE = { timeout: 60_000, interval: 20 }
const START = { kind: 'start', state: undefined, lastSeen: undefined, aliveAt: undefined } as const

function recorderIn(folder: string, clock = systemClock, thread?: CalledThread) {
  const file = join(folder, RECORDING_FILE)
  const link = new RecordingLink({ file, ...BOUNDS }, thread)
  return { file, recorder: createRecorder({ link, clock, log: createLog('silent') }) }
}

function tick(at: Instant) {
  return { kind: 'tick', at } as const
}

test('what was recorded can be read while it is still being recorded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recorder-'))
  const { file, recorder } = recorderIn(folder)
  const tape = recorder.tapeOf(press())
  const at = systemClock.now()
  tape.begin(START, at)
  tape.writer?.note(tick(at))
  await recorder.flush()
  using recording = openRecording(file)
  const [segment] = recording.segments('PRESS-07', 0, Number.MAX_SAFE_INTEGER)
  expect([...(segment?.entries() ?? [])]).toEqual([{ kind: 'input', input: tick(at) }])
  expect(recording.machines()).toEqual([{ machine: 'PRESS-07', fromMs: at.wallMs }])
})

test('a file that cannot be written stops the recording and says so, and nobody waits', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recorder-'))
  const { recorder } = recorderIn(join(folder, 'gone'), systemClock)
  // A file stands where the folder should be.
  closeSync(openSync(join(folder, 'gone'), 'w'))
  const tape = recorder.tapeOf(press())
  tape.begin(START, systemClock.now())
  tape.writer?.note(tick(systemClock.now()))
  await recorder.flush()
  expect(recorder.troubles()).toMatchObject([{ code: 'recording-stopped' }])
  expect(tape.writer).toBeUndefined()
  expect(tape.wantsBeginning(systemClock.now())).toBe(false)
})

test('what comes quickly is handed on before the next regular writing, so that it does not pile up', async () => {
  const written: number[] = []
  const link = {
    call: async (_: 'write', { chunks }: TapeBatch) => {
      written.push(...chunks.map(({ bytes }) => valuesIn(bytes).length))
    },
    [Symbol.asyncDispose]: async () => {},
  }
  // The regular writing, after seconds, never comes.
  const sleep = (ms: number, signal?: AbortSignal) =>
    systemClock.sleep(ms > 1_000 ? 3_600_000 : 0, signal ?? new AbortController().signal)
  const clock = { ...systemClock, sleep }
  const recorder = createRecorder({ link, clock, log: createLog('silent') })
  const stop = new AbortController()
  const running = recorder.run(stop.signal)
  const tape = recorder.tapeOf(press())
  tape.begin(START, systemClock.now())
  for (let count = 0; count < 10_000; count += 1) tape.note(tick(systemClock.now()))
  await vi.waitFor(() => expect(written.reduce((sum, length) => sum + length, 0)).toBe(20_000), PATIENCE)
  // The beginning of a segment hurries as well, once.
  for (let count = 0; count < 10_000; count += 1) tape.note(tick(systemClock.now()))
  await vi.waitFor(() => expect(written.reduce((sum, length) => sum + length, 0)).toBe(40_000), PATIENCE)
  stop.abort()
  await running
})

test('goes on with a new beginning once the file can be written again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recorder-'))
  let aheadMs = 0
  const now = () => {
    const { boot, wallMs, monoMs } = systemClock.now()
    return { boot, wallMs: wallMs + aheadMs, monoMs: monoMs + aheadMs }
  }
  const { recorder } = recorderIn(join(folder, 'gone'), { ...systemClock, now })
  closeSync(openSync(join(folder, 'gone'), 'w'))
  const tape = recorder.tapeOf(press())
  tape.begin(START, now())
  await recorder.flush()
  rmSync(join(folder, 'gone'))
  mkdirSync(join(folder, 'gone'))
  aheadMs = 61_000
  await recorder.flush()
  expect(recorder.troubles()).toEqual([])
  expect(tape.wantsBeginning(now())).toBe(true)
})

test('a damaged file is begun again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recorder-'))
  const file = join(folder, RECORDING_FILE)
  const damaged = openSync(file, 'w')
  writeSync(damaged, 'this is no database, and never was one. '.repeat(200))
  closeSync(damaged)
  const { recorder } = recorderIn(folder)
  const tape = recorder.tapeOf(press())
  tape.begin(START, systemClock.now())
  await recorder.flush()
  expect(recorder.troubles()).toEqual([])
  using recording = openRecording(file)
  expect(recording.machines()).toHaveLength(1)
})

test('the oldest hours go first, and what is being recorded stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recorder-'))
  const file = join(folder, RECORDING_FILE)
  const store = openStore({ file, retentionMs: 3 * HOUR_MS, maxBytes: 100_000_000 })
  for (let hour = 0; hour < 10; hour += 1) {
    const began = { boot: 'b', wallMs: hour * HOUR_MS, monoMs: hour * HOUR_MS }
    const head = { version: 1, machine: 'PRESS-07', began, snapshot: START }
    const chunks = [{ segment: hour, bytes: bytesOf([OBJECT, { kind: 'tick', at: began }]) }]
    const segments = { begun: [{ id: hour, head, map: press() }], lasting: [hour] }
    store.write({ ...segments, chunks, nowMs: began.wallMs })
  }
  store.close()
  using recording = openRecording(file)
  const kept = recording.segments('PRESS-07', 0, Number.MAX_SAFE_INTEGER)
  expect(kept.map(({ began }) => began.wallMs / HOUR_MS)).toEqual([6, 7, 8, 9])
})

test('ends with its last entries on disk when the gateway stops', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recorder-'))
  const { file, recorder } = recorderIn(folder)
  const stop = new AbortController()
  const running = recorder.run(stop.signal)
  const tape = recorder.tapeOf(press())
  tape.begin(START, systemClock.now())
  // The thread is there from then on.
  await recorder.flush()
  tape.writer?.note({
    kind: 'service',
    subject: machineOwner('PRESS-07'),
    at: systemClock.now(),
    isInService: true,
  })
  stop.abort()
  await running
  using recording = openRecording(file)
  const [segment] = recording.segments('PRESS-07', 0, Number.MAX_SAFE_INTEGER)
  expect([...(segment?.entries() ?? [])].map(({ kind }) => kind)).toEqual(['input', 'stopped'])
})

test('a thread that has ended between two writings, whatever ended it, is said once, and what comes later is recorded anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recorder-'))
  const thread = filesThread('slow files')
  let aheadMs = 0
  const now = () => {
    const { monoMs, ...at } = systemClock.now()
    return { ...at, monoMs: monoMs + aheadMs }
  }
  const { file, recorder } = recorderIn(folder, { ...systemClock, now }, thread)
  const tape = recorder.tapeOf(press())
  const record = async () => {
    if (tape.wantsBeginning(now())) tape.begin(START, now())
    tape.writer?.note(tick(now()))
    await recorder.flush()
  }
  await record()
  await breakDown(thread)
  await record()
  expect(recorder.troubles()).toMatchObject([{ code: 'recording-stopped' }])
  aheadMs = 61_000
  await recorder.flush()
  expect(recorder.troubles()).toEqual([])
  await record()
  using recording = openRecording(file)
  const segments = recording.segments('PRESS-07', 0, Number.MAX_SAFE_INTEGER)
  expect(segments.map((segment) => [...segment.entries()].length)).toEqual([1, 1])
})

/** As another file of the thread does it, for which the memory does not suffice. */
async function breakDown(thread: CalledThread): Promise<void> {
  const module = new URL(`data:text/javascript,${encodeURIComponent(ENDS_ITS_THREAD)}`)
  const errorOf = ({ message }: ThreadFault) => new Error(message)
  const link = new FileLink<{ exit(): void }, { file: string }>({
    ...{ thread, module, setup: { file: 'other' }, owned: 'the other file', errorOf },
  })
  await expect(link.call('exit')).rejects.toThrow('has ended')
}

const ENDS_ITS_THREAD = 'export const own = () => ({ open: () => ({ exit: () => process.exit(3) }) })'
