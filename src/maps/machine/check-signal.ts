/** What does not go together within one signal. */

import type { DocumentDraft } from '../../documents/draft.ts'
import type { Path } from '../../documents/place.ts'
import type { SignalRole } from '../../domain/signal.ts'
import type { SignalEntry } from './map-schema.ts'

/** Words with a meaning of their own in a rule. */
const RESERVED: readonly string[] = ['any', 'all', 'not', 'else', 'when']

/** The roles of signals that count parts or cycles. */
export const COUNTER_ROLES: readonly SignalRole[] = [
  'good_count',
  'scrap_count',
  'total_count',
  'cycle_count',
]
/** Keys that only make sense beside certain roles. */
const ROLE_KEYS: Readonly<Record<string, readonly SignalRole[]>> = {
  stale_after: ['heartbeat'],
  latch: ['fault_code'],
  settle: ['fault_code'],
  rollover: COUNTER_ROLES,
  max_rate: COUNTER_ROLES,
}

/** Notes what is wrong with a signal's name. */
export function checkName(draft: DocumentDraft, path: Path, name: string): void {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u.test(name)) {
    draft.fault(
      path,
      `"${name}" is no name for a signal`,
      'letters, digits, _ - and . only, at most 100',
      'key',
    )
  } else if (RESERVED.includes(name)) {
    draft.fault(path, `a signal cannot be called "${name}": rules give that word a meaning`, undefined, 'key')
  }
}

/** Notes what does not go together in a signal that is sound key by key. */
export function checkEntry(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  for (const [key, roles] of Object.entries(ROLE_KEYS)) {
    if (key in entry && !roles.some((role) => role === entry.role)) {
      draft.fault([...path, key], `"${key}" is for signals with role ${roles.join(' or ')}`, undefined, 'key')
    }
  }
  checkNames(draft, path, entry)
  const isNumber = entry.type !== 'bit' && entry.type !== 'string'
  if (entry.role && COUNTER_ROLES.includes(entry.role) && !isNumber) {
    draft.fault(
      [...path, 'type'],
      `a ${entry.type} cannot count`,
      'one of: u16, i16, u32, i32, u64, i64, f32, f64',
    )
  }
  const isWhole = isNumber && !entry.type?.startsWith('f')
  if (entry.mask !== undefined && !isWhole) {
    draft.fault([...path, 'mask'], `a mask needs a whole number, not ${entry.type}`, undefined, 'key')
  }
}

function checkNames(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  if (!entry.names) return
  const at = [...path, 'names']
  if (entry.type === 'bit' || entry.type === 'string') {
    draft.fault(
      at,
      `names are for numbers, not for a ${entry.type}`,
      'rules may say on, off, true or false',
      'key',
    )
  }
  if (entry.scale !== undefined || entry.offset !== undefined) {
    draft.fault(at, 'a signal has either names or scale and offset', undefined, 'key')
  }
  for (const number of Object.keys(entry.names).filter((key) => !/^(0|-?[1-9]\d*)$/.test(key))) {
    draft.fault(
      [...at, number],
      `"${number}" is not a whole number`,
      'write number: name, as in 3: fault',
      'key',
    )
  }
}
