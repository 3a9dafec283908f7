/**
 * Keeps equal parts of different maps once. In a plant with 200 machines of one kind, these read the same signals, are judged by the
 * same rules and have the same tables of codes: some megabytes of them, and each poll of each machine would look at others.
 */
import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import { deepFreeze } from '../../documents/draft.ts'
import type { MachineMap } from '../../domain/machine-map.ts'

/** By what they are made of. Parts that no map has any more are given back. */
const kept = new Map<string, WeakRef<object>>()
const gone = new FinalizationRegistry((digest: string) => {
  if (!kept.get(digest)?.deref()) kept.delete(digest)
})

/** The same map, frozen, with parts that it may share with others. */
export function withSharedParts(map: MachineMap): MachineMap {
  return deepFreeze<MachineMap>({
    ...map,
    devices: map.devices.map((device) => ({ ...device, signals: shared(device.signals) })),
    rules: shared(map.rules),
    faults: map.faults.map((fault) => ({ ...fault, reasons: shared(fault.reasons) })),
    relevantSignals: shared(map.relevantSignals),
  })
}

/** A list that was there before and has the same in it, or this one. */
function shared<Item>(list: readonly Item[]): readonly Item[] {
  const digest = createHash('sha256').update(serialize(list)).digest('base64')
  const before = kept.get(digest)?.deref()
  if (before) return before as readonly Item[]
  const frozen = deepFreeze(list)
  kept.set(digest, new WeakRef(frozen))
  gone.register(frozen, digest)
  return frozen
}
