import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MbapReader, mbapFrame, PDU_OFFSET } from '../../../src/drivers/modbus/transports/mbap.ts'

/** An answer with two registers. */
function answer(transaction: number): Buffer {
  const pdu = Buffer.from([3, 4, 0x12, 0x34, 0x56, 0x78])
  const frame = mbapFrame(transaction, 1, pdu.length)
  pdu.copy(frame, PDU_OFFSET)
  return frame
}

const numbers = (reader: MbapReader, data: Buffer) =>
  reader.take(data, () => true).map(({ transaction }) => transaction)

test('puts frames together, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 8 }), (cuts) => {
      const stream = Buffer.concat([answer(1), answer(2), answer(3)])
      const at = [0, ...cuts.filter((cut) => cut <= stream.length).sort((a, b) => a - b), stream.length]
      const reader = new MbapReader()
      const read = at.slice(1).flatMap((end, n) => numbers(reader, stream.subarray(at[n], end)))
      expect(read).toEqual([1, 2, 3])
      expect(reader.strayBytes).toHaveLength(0)
    }),
  )
})

test('keeps nothing of where the bytes came but the frames', () => {
  const reader = new MbapReader()
  const inbox = Buffer.alloc(100)
  const stream = Buffer.concat([answer(1), answer(2)])
  const read = [...stream].flatMap((byte) => {
    inbox.fill(0xff)
    inbox[0] = byte
    return numbers(reader, inbox.subarray(0, 1))
  })
  expect(read).toEqual([1, 2])
})

test('steps over what is no header, and finds the frame behind it', () => {
  const reader = new MbapReader()
  expect(numbers(reader, Buffer.concat([Buffer.from('ID:0042\r\n'), answer(7)]))).toEqual([7])
  expect(reader.strayBytes.toString('latin1')).toBe('ID:0042\r\n')
})

test('two bytes that come late behind an answer do not hide the next one', () => {
  const reader = new MbapReader()
  for (const extra of [
    [0, 0],
    [0xff, 0xff],
    [0x0d, 0x0a],
  ]) {
    expect(numbers(reader, Buffer.concat([Buffer.from(extra), answer(9)]))).toEqual([9])
    reader.discard()
  }
})

test('keeps no more than a little of an endless stream of bytes', () => {
  const reader = new MbapReader()
  for (let n = 0; n < 1_000; n++) expect(reader.take(Buffer.alloc(1_000, 0xff), () => true)).toEqual([])
  expect(reader.strayBytes.length).toBeLessThanOrEqual(64)
})

test('an answer that breaks off is not made whole with bytes of the next one', () => {
  for (let length = 0; length < answer(5).length; length++) {
    const reader = new MbapReader()
    const broken = answer(5).subarray(0, length)
    expect(numbers(reader, broken)).toEqual([])
    expect(numbers(reader, answer(7))).toEqual([7])
    expect(numbers(new MbapReader(), Buffer.concat([broken, answer(7)]))).toEqual([7])
  }
})

test('reads to the end whatever a device sends at once, even if every few bytes look like the header of an answer', () => {
  for (const unit of [
    [0, 0, 0, 0, 0, 3],
    [0, 0, 0, 0, 0, 250, 1, 0x81],
    [0, 1, 0, 0, 0, 200, 0x83, 0x83],
  ]) {
    const reader = new MbapReader()
    // As much as a socket hands over at once, and many times more headers than functions may call each other.
    const data = Buffer.from(Array.from({ length: 65_536 }, (_, at) => unit[at % unit.length] ?? 0))
    reader.take(data, () => false)
    reader.discard()
    expect(numbers(reader, answer(5))).toEqual([5])
  }
})
