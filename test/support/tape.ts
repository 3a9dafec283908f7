/** Values of a tape as bytes, and back. */
import { TapeBytes, tapeValues } from '../../src/recording/tape-bytes.ts'

export function bytesOf(values: readonly unknown[]): Uint8Array {
  const written = new TapeBytes()
  for (const value of values) written.push(value)
  return written.take()
}

export function valuesIn(bytes: Uint8Array): readonly unknown[] {
  const values = tapeValues(bytes)
  const read: unknown[] = []
  while (!values.isOver) read.push(values.next())
  return read
}
