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
  word: 'u16',
  uint16: 'u16',
  int16: 'i16',
  int: 'i16',
  dword: 'u32',
  uint32: 'u32',
  dint: 'i32',
  int32: 'i32',
  float: 'f32',
  real: 'f32',
  double: 'f64',
  lreal: 'f64',
}

/** The hint that goes with a wrong word of a device map. */
export function mapWordHint(word: string, valid: readonly string[]): string | undefined {
  return wordHint(word, valid, SYNONYMS)
}
