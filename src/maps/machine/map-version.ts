/** A short hash of what decides a status: each event carries it, so that one can tell which map made the event. */
import { createHash } from 'node:crypto'
import { isRecord } from '../../documents/draft.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { DeviceDraft } from './compile-devices.ts'
import type { SignalDraft } from './signals/compile-signals.ts'

const HASH_LENGTH = 8

/** Eight hexadecimal digits. What decides no status, such as comments and the order of keys, does not change them. */
export function mapVersion(
  map: Omit<MachineMap, 'version' | 'file' | 'devices' | 'relevantSignals'>,
  devices: readonly DeviceDraft[],
  signals: readonly SignalDraft[],
): string {
  const decoding = devices.map(({ name, driver, raw }) => ({ name, protocol: driver?.protocol, raw }))
  const seen = signals.map(({ name, entry, addressText }) => [
    name,
    { ...entry, at: addressText, node: undefined },
  ])
  const text = canonicalJson({ map, decoding, seen: Object.fromEntries(seen) })
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
}

/** JSON with keys in order, so that moving lines about in a file changes nothing. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inside: unknown) =>
    isRecord(inside)
      ? Object.fromEntries(Object.entries(inside).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inside,
  )
}
