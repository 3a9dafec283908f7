/** What goes out of a recording when: what is over too old, and no more than its size asks for. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import type { Instant } from '../../../src/domain/instant.ts'
import { openStore } from '../../../src/recording/file/store.ts'
import type { TapeBatch } from '../../../src/recording/messages.ts'
import { openRecording } from '../../../src/recording/read-recording.ts'
import { createRecorder } from '../../../src/recording/recorder.ts'
import { OBJECT } from '../../../src/recording/tape-codes.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { testFolder } from '../../support/buffer.ts'
import { press } from '../../support/press.ts'
import { bytesOf } from '../../support/tape.ts'

const HOUR_MS = 3_600_000
const MB = 1_000_000
const ALWAYS = [0, Number.MAX_SAFE_INTEGER] as const
const START = { kind: 'start', state: undefined, lastSeen: undefined, aliveAt: undefined } as const
const BOUNDS = { retentionMs: 72 * HOUR_MS, maxBytes: 100 * MB }

/** A recorder over the real file, without its thread, at a time that is set. */
function recorderAt(folder: string) {
  const file = join(folder, 'recording.db')
  const store = openStore({ file, ...BOUNDS })
  let hour = 0
  const now = (): Instant => ({ boot: 'b', wallMs: hour * HOUR_MS, monoMs: hour * HOUR_MS })
  const link = {
    call: async (_: 'write', batch: TapeBatch) => store.write(batch),
    [Symbol.asyncDispose]: async () => store.close(),
  }
  const clock = { ...systemClock, now }
  const recorder = createRecorder({ clock, log: createLog('silent'), link })
  const kept = () => {
    using recording = openRecording(file)
    return recording
      .machines()
      .map(({ machine }) => [
        machine,
        ...recording.segments(machine, ...ALWAYS).map(({ began }) => began.wallMs / HOUR_MS),
      ])
  }
  const record = (machine: string) => {
    const tape = recorder.tapeOf(press({ machine }))
    tape.begin(START, now())
    tape.note({ kind: 'tick', at: now() })
    return tape
  }
  const setHour = (to: number) => {
    hour = to
  }
  return { recorder, record, kept, setHour }
}

it('what was recorded of a machine that was taken away goes once it is too old', async () => {
  const { recorder, record, kept, setHour } = recorderAt(testFolder())
  const taken = record('TAKEN')
  record('STAYS')
  await recorder.flush()
  taken.retire()
  await recorder.flush()
  setHour(80)
  record('NEW')
  await recorder.flush()
  expect(kept()).toEqual([
    ['NEW', 80],
    ['STAYS', 0],
  ])
})

it('a map that is replaced within seconds leaves nothing that stays for ever', async () => {
  const { recorder, record, kept, setHour } = recorderAt(testFolder())
  for (const hour of [0, 1, 2]) {
    setHour(hour)
    record('PRESS-07')
  }
  await recorder.flush()
  expect(kept()).toEqual([['PRESS-07', 0, 1, 2]])
  setHour(80)
  record('OTHER')
  await recorder.flush()
  expect(kept()).toEqual([
    ['OTHER', 80],
    ['PRESS-07', 2],
  ])
})

// Bound: maxBytes
it('of a recording that is full only as much goes as is needed', () => {
  const file = join(testFolder(), 'recording.db')
  const store = openStore({ file, retentionMs: 1_000 * HOUR_MS, maxBytes: 10 * MB })
  for (let hour = 0; hour < 30; hour += 1) {
    const began = { boot: 'b', wallMs: hour * HOUR_MS, monoMs: hour * HOUR_MS }
    const head = { version: 1, machine: 'PRESS-07', began, snapshot: START }
    const large = randomBytes(MB).toString('latin1')
    const chunks = [{ segment: hour, bytes: bytesOf([OBJECT, { kind: 'tick', at: began, large }]) }]
    store.write({
      begun: [{ id: hour, head, map: press() }],
      chunks,
      lasting: [hour],
      nowMs: began.wallMs,
    })
    using db = disposable(new Database(file, { readonly: true }))
    const kept = db.prepare('SELECT count(*) FROM segment').pluck().get()
    if (hour >= 9) expect(kept).toBeGreaterThanOrEqual(8)
    expect(kept).toBeLessThanOrEqual(10)
  }
  store.close()
})

it('whoever asked for a segment that was removed meanwhile is not given another one in its place', () => {
  const file = join(testFolder(), 'recording.db')
  const store = openStore({ file, ...BOUNDS })
  const write = (id: number, hour: number, lasting: readonly number[]) => {
    const began = { boot: 'b', wallMs: hour * HOUR_MS, monoMs: hour * HOUR_MS }
    const begun = { id, head: { version: 1, machine: `M-${id}`, began, snapshot: START }, map: press() }
    const chunks = [{ segment: id, bytes: bytesOf([OBJECT, { kind: 'tick', at: began }]) }]
    store.write({ begun: [begun], chunks, lasting, nowMs: began.wallMs })
  }
  write(1, 0, [])
  using recording = openRecording(file)
  const [asked] = recording.segments('M-1', ...ALWAYS)
  store.write({ begun: [], chunks: [], lasting: [], nowMs: 80 * HOUR_MS })
  write(2, 80, [2])
  expect([...(asked?.entries() ?? [])]).toEqual([])
  store.close()
})

function disposable<Handle extends { close(): unknown }>(handle: Handle): Handle & Disposable {
  return Object.assign(handle, { [Symbol.dispose]: () => void handle.close() })
}
