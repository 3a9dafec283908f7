/** What came on a line of Modbus RTU in place of an answer, in words that say where to look. */
import { functionCode } from '../address.ts'
import type { ReadRequest, Stray } from '../request.ts'
import { valueBytes } from './pdu.ts'
import { rtuAnswerBytes } from './rtu.ts'

const SHOWN_BYTES_MAX = 24
const MBAP_BYTES = 7
/** Of bytes at the wrong speed, or on wires that are swapped, most are one of these. */
const NOISE_PART = 0.8

const BITS_HINT =
  'check baud, parity and stop bits on both sides; then whether A and B are swapped, and the resistors at both ends of the line'

/** An answer to an earlier request. */
export function lateStray(unit: number, tookMs: number): Stray {
  const lateMs = Math.round(tookMs)
  return {
    what: `the answer to an earlier request to unit ${unit}, ${lateMs} ms after it was asked`,
    hint: 'the device is slow: give it a longer timeout; or two devices have the same unit id',
    lateMs,
  }
}

/** The answer that was taken last came again. */
export const STRAY_TWICE: Stray = {
  what: 'an answer that had come before, once more',
  hint: 'something on the way repeats answers, or two devices have the same unit id: give each its own',
}

/** An adapter for RS-485 that hears itself, and no answer behind its echo. */
export const STRAY_ONLY_ECHO: Stray = {
  what: 'the request itself, sent back, and nothing else',
  hint: 'the adapter hears itself, so it works; the device does not answer: check its unit id, its power, the cable, whether A and B are swapped, and baud and parity',
}

/** Bytes that are no frame whose check sum is right. */
export function strayOf(bytes: Buffer, unit: number, request: ReadRequest): Stray {
  const isFromUnit = bytes[0] === unit && bytes[1] === functionCode(request.area)
  if (isMbap(bytes, unit)) return STRAY_MBAP
  if (isFromUnit) return isShort(bytes, request) ? strayShort(bytes, request) : strayDamaged(bytes)
  if (isNoise(bytes)) return strayNoise(bytes)
  return {
    what: `${countText(bytes)} whose check sum is wrong: ${shown(bytes)}`,
    hint: BITS_HINT,
  }
}

const STRAY_MBAP: Stray = {
  what: 'an answer with the header of Modbus TCP',
  hint: 'write driver: modbus-tcp in the map, or set the converter to pass serial bytes on as they are',
}

function isMbap(bytes: Buffer, unit: number): boolean {
  if (bytes.length <= MBAP_BYTES) return false
  return bytes.readUInt16BE(2) === 0 && bytes.readUInt16BE(4) === bytes.length - 6 && bytes[6] === unit
}

function isShort(bytes: Buffer, request: ReadRequest): boolean {
  return bytes.length < rtuAnswerBytes(valueBytes(request))
}

function strayShort(bytes: Buffer, request: ReadRequest): Stray {
  return {
    what: `an answer that is not whole: ${bytes.length} of ${rtuAnswerBytes(valueBytes(request))} bytes came`,
    hint: 'bytes are lost on the way: check the resistors at both ends of the line, its shield and the adapter; or ask for less at once (max_registers)',
  }
}

function strayDamaged(bytes: Buffer): Stray {
  return {
    what: `an answer of ${bytes.length} bytes whose check sum is wrong`,
    hint: 'the line is disturbed, or two devices have the same unit id and answer at once: check the unit ids, the resistors at both ends of the line and its shield; then parity and stop bits',
  }
}

function isNoise(bytes: Buffer): boolean {
  const noise = bytes.filter((byte) => byte === 0x00 || byte === 0xff || byte === 0xfe || byte === 0x80)
  return noise.length >= NOISE_PART * bytes.length
}

function strayNoise(bytes: Buffer): Stray {
  return { what: `${countText(bytes)} that are noise: ${shown(bytes)}`, hint: BITS_HINT }
}

function countText(bytes: Buffer): string {
  return bytes.length === 1 ? '1 byte' : `${bytes.length} bytes`
}

function shown(bytes: Buffer): string {
  const hex = bytes
    .subarray(0, SHOWN_BYTES_MAX)
    .toString('hex')
    .replaceAll(/(..)(?=.)/g, '$1 ')
  return `${hex}${bytes.length > SHOWN_BYTES_MAX ? '…' : ''}`
}
