import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RtuReader, rtuRequest } from '../../../src/drivers/modbus/transports/rtu.ts'
import { rtuFrame } from '../../support/rtu-units.ts'

const REQUEST = rtuRequest(1, { area: 'holding', start: 0x0315, count: 2 })
/** Two registers of unit 1. */
const ANSWER = rtuFrame(Buffer.from([1, 3, 4, 0x12, 0x34, 0x56, 0x78]))

function reader(): RtuReader {
  const made = new RtuReader()
  made.begin(REQUEST)
  return made
}

test('a request is as the examples of many manuals print it', () => {
  expect(rtuRequest(1, { area: 'holding', start: 0, count: 10 }).toString('hex')).toBe('01030000000ac5cd')
})

test('puts an answer together, however the bytes come, with its echo and noise before it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(30), { maxLength: 6 }),
      fc.boolean(),
      fc.constantFrom([], [0], [0xff, 0]),
      (cuts, isEchoed, noise) => {
        const stream = Buffer.concat([...(isEchoed ? [REQUEST] : []), Buffer.from(noise), ANSWER])
        const at = [0, ...cuts.filter((cut) => cut <= stream.length).sort((a, b) => a - b), stream.length]
        const made = reader()
        const frames = at.slice(1).flatMap((end, nth) => made.take(stream.subarray(at[nth], end)))
        expect(frames).toHaveLength(1)
        expect(frames[0]?.unit).toBe(1)
        expect(frames[0]?.pdu.toString('hex')).toBe('030412345678')
        expect(made.strayBytes).toHaveLength(0)
        expect(made.hasEcho).toBe(isEchoed)
      },
    ),
  )
})

test('takes no answer in which a bit is wrong', () => {
  for (let bit = 0; bit < ANSWER.length * 8; bit++) {
    const damaged = Buffer.from(ANSWER)
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(reader().take(damaged)).toEqual([])
  }
})

test('takes no answer of which bytes are missing, and none made of parts of two', () => {
  for (let length = 0; length < ANSWER.length; length++) {
    expect(reader().take(ANSWER.subarray(0, length))).toEqual([])
    expect(reader().take(Buffer.concat([ANSWER.subarray(0, length), ANSWER]))).toHaveLength(1)
    const made = reader()
    made.take(ANSWER.subarray(0, length))
    expect(made.take(ANSWER)).toHaveLength(1)
  }
})

test('an exception is five bytes long', () => {
  const frames = reader().take(Buffer.concat([rtuFrame(Buffer.from([1, 0x83, 2])), ANSWER]))
  expect(frames.map(({ pdu }) => pdu[0])).toEqual([0x83, 3])
})

test('forgets with the next request what has come before', () => {
  const made = reader()
  made.take(ANSWER.subarray(0, 5))
  made.begin(REQUEST)
  expect(made.take(ANSWER)).toHaveLength(1)
})

test('keeps no more than a little of an endless stream of bytes', () => {
  const made = reader()
  for (let nth = 0; nth < 50; nth++) expect(made.take(Buffer.alloc(1_000, 0xff))).toEqual([])
  expect(made.strayBytes.length).toBeLessThanOrEqual(512)
})

test('parts of an answer that came twice are not put together, even where the check sum would fit', () => {
  const made = reader()
  const part = Buffer.from('0103085021512152', 'hex')
  expect([...made.take(part), ...made.take(part)]).toEqual([])
})
