/** A short hash of what decides a machine's status. */
import type { MachineMap } from '../../domain/machine-map.ts'
import { contentHash } from '../content-hash.ts'
import type { DeviceDraft } from './compile-devices.ts'
import type { SignalInDraft } from './signals/compile-signals.ts'

/** Eight hexadecimal digits. What decides no status, such as comments and the order of keys, does not change them. */
export function mapVersion(
  map: Omit<MachineMap, 'version' | 'file' | 'devices' | 'relevantSignals'>,
  devices: readonly DeviceDraft[],
  signals: readonly SignalInDraft[],
): string {
  const decoding = devices.map(({ name, driver, raw }) => ({ name, protocol: driver?.protocol, raw }))
  const seen = signals.map(({ name, entry, addressText }) => [
    name,
    { ...entry, at: addressText, node: undefined, topic: undefined, metric: undefined },
  ])
  // A map that has none of them keeps the version that it had before there were any.
  const { perceived, ...others } = map
  const decisive = perceived.length > 0 ? map : others
  return contentHash({ map: decisive, decoding, seen: Object.fromEntries(seen) })
}
