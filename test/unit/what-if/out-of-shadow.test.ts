import { expect, it } from 'vitest'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import { recordedMachine } from '../../../src/gateway/recorded-machine.ts'
import { recordedMap } from '../../../src/recording/segment.ts'
import { machineSubject } from '../../../src/status/machine-subject.ts'
import { shadowSubject } from '../../../src/status/shadow-subject.ts'
import { whatIf } from '../../../src/what-if/compare.ts'
import { PlayRecording } from '../../support/play-recording.ts'
import { press, readingOfPress } from '../../support/press.ts'

const START_MS = Date.UTC(2026, 0, 31, 9)

it('a stop that goes on when a machine comes out of the shadow ends there, and does not go on beside what follows', () => {
  using recording = new PlayRecording()
  const inShadow = press({ isShadow: true })
  let now: Instant = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000_000 }
  recording.start(() => now)
  const remembered = { state: undefined, lastSeen: undefined, before: undefined, now }
  const subject = shadowSubject(inShadow, remembered, (known) =>
    recordedMachine(machineSubject(inShadow, known), known, recording.recorder),
  )
  for (let second = 0; second < 400; second += 1) {
    const value = second < 60 ? 'run' : 'fault'
    const samples = [{ signal: 'state', value, quality: 'good', at: now } as const]
    subject.take(readingOfPress({ at: now, completeTo: now, samples }))
    now = shift(now, 1_000)
  }
  expect(subject.retire().events).toEqual([])
  recording.end('stop')
  using read = recording.read()
  const span = { fromMs: START_MS, toMs: START_MS + 86_400_000 }
  const result = whatIf(read, { edited: recordedMap(press()), span })
  expect(result?.before.stops).toMatchObject([{ fromMs: START_MS + 60_000, toMs: START_MS + 399_000 }])
})
