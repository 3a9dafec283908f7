import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Instant } from '../../../src/domain/instant.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { earlierBy } from '../../../src/drivers/shared/earlier-by.ts'
import { TapeReader } from '../../../src/recording/read-tape.ts'
import { recordedMap } from '../../../src/recording/segment.ts'
import { CONTACT } from '../../../src/recording/tape-codes.ts'
import { TapeWriter } from '../../../src/recording/write-tape.ts'
import type { Input } from '../../../src/status/derive.ts'
import { device, press } from '../../support/press.ts'
import { valuesIn } from '../../support/tape.ts'

const BEGAN: Instant = { boot: 'boot-1', wallMs: 1_800_000_000_123, monoMs: 5_000_000.125 }
const MAP = recordedMap(press({ devices: [device('PRESS-07/plc', ['state', 'count', 'text'])] }))
const SUBJECT = machineOwner('PRESS-07')

function readBack(inputs: readonly Input[]): readonly Input[] {
  const writer = new TapeWriter(MAP, BEGAN)
  for (const input of inputs) writer.note(input)
  const entries = [...new TapeReader(MAP, BEGAN).read(writer.take())]
  return entries.flatMap((entry) => (entry.kind === 'input' ? [entry.input] : []))
}

function after(ms: number, wallStepMs = 0): Instant {
  return { ...BEGAN, monoMs: BEGAN.monoMs + ms, wallMs: BEGAN.wallMs + Math.floor(ms) + wallStepMs }
}

function reading(at: Instant, rest: object = {}): Input {
  const samples = [] as const
  return {
    kind: 'reading',
    device: 'PRESS-07/plc',
    subject: SUBJECT,
    reading: { at, completeTo: at, samples, ...rest },
  }
}

test('gives back every moment exactly, over steps of the wall clock and boots', () => {
  const inputs = [
    reading(after(0.001)),
    reading(after(1_000.999)),
    reading(after(2_000.25, -7_200_000), { completeTo: after(1_700.1) }),
    reading({ boot: 'boot-2', wallMs: 1_900_000_000_000.5, monoMs: 1 / 3 }),
    reading(after(3_600_000)),
  ]
  expect(readBack(inputs)).toEqual(inputs)
})

test('gives back values of every kind, with what the device gave and said', () => {
  const at = after(1_000)
  const samples = [
    { signal: 'state', value: 'run', quality: 'good', at, raw: 3, word: 'Executing' },
    { signal: 'count', value: 18_446_744_073_709_551_615n, quality: 'good', at: after(900.5) },
    { signal: 'text', value: null, quality: 'bad', at, detail: 'no answer', raw: ' x ' },
    { signal: 'state', value: 0.1, quality: 'uncertain', at, meansTheSame: true },
    { signal: 'count', value: true, quality: 'good', at },
  ]
  const inputs = [reading(at, { samples })]
  expect(readBack(inputs)).toEqual(inputs)
})

test('gives back what is said every second, and whatever else moves a machine', () => {
  const service = (ms: number, isInService: boolean): Input => ({
    kind: 'service',
    subject: SUBJECT,
    at: after(ms),
    isInService,
  })
  const inputs: readonly Input[] = [
    service(0, true),
    service(1_000, true),
    service(2_000, false),
    { kind: 'link', device: 'PRESS-07/plc', subject: SUBJECT, up: false, at: after(2_500), cause: 'gone' },
    { kind: 'tick', at: after(3_000) },
    { kind: 'stall', from: after(3_000), to: after(30_000) },
    { kind: 'context', subject: SUBJECT, at: after(31_000), workOrder: 'WO-1', operator: null },
    service(32_000, false),
  ]
  expect(readBack(inputs)).toEqual(inputs)
})

test('takes four small numbers, which are eight bytes, for a poll in which nothing changed', () => {
  const writer = new TapeWriter(MAP, BEGAN)
  writer.note(reading(after(1_000)))
  const written = writer.take()
  expect(valuesIn(written)).toEqual([CONTACT, 0, 1_000_000, 0])
  expect(written).toHaveLength(8)
})

test('gives back what was handed on in pieces, each of which stays as it was taken', () => {
  const sample = { signal: 'state', value: 'run', quality: 'good' }
  // A sample of another boot does not fit the short form, of which a part is written by then.
  const elsewhere = { ...sample, at: { boot: 'boot-2', wallMs: 1, monoMs: 1 } }
  const inputs = [1_000, 2_000, 3_000].flatMap((ms) => [
    reading(after(ms), { samples: [{ ...sample, at: after(ms) }] }),
    reading(after(ms + 1), { samples: [elsewhere] }),
  ])
  const writer = new TapeWriter(MAP, BEGAN)
  const pieces = inputs.map((input) => {
    writer.note(input)
    return writer.take()
  })
  expect(writer.length).toBe(0)
  const reader = new TapeReader(MAP, BEGAN)
  const entries = pieces.flatMap((piece) => [...reader.read(piece)])
  expect(entries).toEqual(inputs.map((input) => ({ kind: 'input', input })))
})

test('a moment that a device gave by its own clock is written in the short form, and comes back exactly', () => {
  const receivedAt = fc.integer({ min: 0, max: 1_000_000_000 }).map((us) => {
    const monoMs = (Math.round(BEGAN.monoMs * 1_000) + us) / 1_000
    return { ...BEGAN, monoMs, wallMs: BEGAN.wallMs + Math.floor(us / 1_000) }
  })
  const delays = fc.double({ min: 0, max: 60_000, noNaN: true })
  fc.assert(
    fc.property(receivedAt, delays, delays, (received, sentAgoMs, ageMs) => {
      const sentAt = earlierBy(sentAgoMs, received)
      const at = earlierBy(ageMs, sentAt)
      const samples = [{ signal: 'count', value: 7, quality: 'good', at }] as const
      const input = reading(received, { completeTo: sentAt, samples })
      const writer = new TapeWriter(MAP, BEGAN)
      writer.note(input)
      expect(writer.length).toBeLessThan(60)
      expect(readBack([input])).toEqual([input])
    }),
  )
})
