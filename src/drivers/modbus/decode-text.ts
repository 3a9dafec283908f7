/** Texts as controllers keep them in registers. They end at the first NUL; blanks and 0xFF behind only fill the field. */
import type { WordOrder } from '../../domain/signal.ts'
import { type ModbusAddress, sizeOf } from './address.ts'

type DecodeText = (bytes: Buffer, offset: number) => string

/** What reads the text of an address. `offset` counts registers from the start of the answer. */
export function textDecoder(address: ModbusAddress, order: WordOrder): DecodeText {
  const { chars = 0, text } = address
  const length = sizeOf(address, 'string') * 2
  const isSwapped = text === 'swapped' || (text !== 'plain' && (order === 'BADC' || order === 'DCBA'))
  return (answer, offset) => {
    const bytes = Buffer.from(answer.subarray(offset * 2, offset * 2 + length))
    if (isSwapped) bytes.swap16()
    return withoutFilling(charactersOf(bytes, text, chars))
  }
}

function charactersOf(bytes: Buffer, text: ModbusAddress['text'], chars: number): string {
  switch (text) {
    case 'wide':
      return wordsOf(bytes)
        .map((word) => String.fromCharCode(word & 0xff || word >> 8))
        .join('')
    case 'utf16':
      return String.fromCharCode(...wordsOf(bytes))
    case 'siemens':
      // What stands behind the present length is left of longer texts before.
      return bytes.toString('latin1', 2, 2 + Math.min(bytes[1] ?? 0, chars))
    default:
      return bytes.toString('latin1', 0, chars)
  }
}

function wordsOf(bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length / 2 }, (_, word) => bytes.readUInt16BE(word * 2))
}

function withoutFilling(text: string): string {
  const end = text.indexOf('\0')
  return (end < 0 ? text : text.slice(0, end)).replace(/[\s\u00ff\uffff]+$/, '')
}
