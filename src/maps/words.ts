/** The words of the device map, and what technicians write in their place. */
import { type Synonyms, wordHint } from '../documents/nearest-word.ts'

/** By the word that is written: the word of the device map that is meant. */
export const SYNONYMS: Synonyms = {
  debounce: 'for',
  delay: 'for',
  address: 'at',
  register: 'at',
  ip: 'host',
  node_id: 'node',
  nodeid: 'node',
  slave: 'unit',
  slave_id: 'unit',
  unit_id: 'unit',
  interval: 'poll',
  rules: 'status',
  tags: 'signals',
  stopped: 'down',
  fault: 'down',
  ready: 'idle',
  producing: 'running',
  bool: 'bit',
  boolean: 'bit',
  // Each size with its sign: a near word of the other sign, or of half the size, would read wrong values without a fault.
  byte: 'u8',
  usint: 'u8',
  uint8: 'u8',
  sint: 'i8',
  int8: 'i8',
  bcd: 'bcd16',
  word: 'u16',
  uint: 'u16',
  ushort: 'u16',
  uint16: 'u16',
  int: 'i16',
  short: 'i16',
  int16: 'i16',
  s16: 'i16',
  dword: 'u32',
  udint: 'u32',
  uint32: 'u32',
  dint: 'i32',
  int32: 'i32',
  s32: 'i32',
  lword: 'u64',
  ulint: 'u64',
  uint64: 'u64',
  lint: 'i64',
  int64: 'i64',
  s64: 'i64',
  real: 'f32',
  float: 'f32',
  float32: 'f32',
  lreal: 'f64',
  double: 'f64',
  float64: 'f64',
}

/** The hint that goes with a wrong word of a device map. */
export function mapWordHint(word: string, valid: readonly string[]): string | undefined {
  return wordHint(word, valid, SYNONYMS)
}
