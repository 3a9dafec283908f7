/** Signals that are a current, a power or a speed, of which two limits say whether the machine runs. */
import type { DocumentDraft } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import { pollMsOf } from '../../../domain/device.ts'
import type { AnalogSignal } from '../../../domain/machine-map.ts'
import type { DeviceDraft } from '../compile-devices.ts'
import type { PerceivedWords } from '../rules/perceived-words.ts'
import type { SignalEntry } from './signal-entry.ts'
import { boundsOf } from './value-bounds.ts'

const AVERAGE_DEFAULT_MS = 10_000
/** An average of fewer readings is none. */
const READINGS_MIN = 3
/** Keys that say what a value means, which the limits already do. */
const NOT_FOR_ANALOG = ['names', 'role', 'mask'] as const

type Entry = SignalEntry | undefined

/** Such a signal as the derivation follows it; undefined for any other signal. */
export function analogOf({
  name,
  entry,
}: {
  readonly name: string
  readonly entry: Entry
}): AnalogSignal | undefined {
  const { running_above: above, stopped_below: below, average } = entry ?? {}
  if (above === undefined || below === undefined) return undefined
  const averageMs = average ?? AVERAGE_DEFAULT_MS
  return { kind: 'analog', signal: name, runningAbove: above.value, stoppedBelow: below.value, averageMs }
}

/** What rules may say of one; undefined for any other signal. One of its limits is enough to know what is meant. */
export function analogWords({ entry }: { readonly entry: Entry }): PerceivedWords | undefined {
  if (entry?.running_above === undefined && entry?.stopped_below === undefined) return undefined
  return { means: { running: ['running'], stopped: ['stopped'] } }
}

/** Notes what keeps two limits from saying whether a machine runs. */
export function checkAnalog(
  draft: DocumentDraft,
  path: Path,
  entry: SignalEntry,
  device: DeviceDraft | undefined,
): void {
  const { running_above: above, stopped_below: below } = entry
  if (above === undefined && below === undefined) {
    if (entry.average !== undefined)
      draft.fault([...path, 'average'], '"average" is for signals with running_above', undefined, 'key')
    return
  }
  if (above === undefined || below === undefined) {
    const [missing, written] =
      above === undefined ? ['running_above', 'stopped_below'] : ['stopped_below', 'running_above']
    const hint = 'as in running_above: 4, stopped_below: 3, with room between them'
    draft.fault([...path, written], `"${missing}" is missing beside "${written}"`, hint, 'key')
    return
  }
  if (below.value >= above.value) {
    const what = `the machine would run and stand at once: ${below.value} is not below ${above.value}`
    const hint = 'stopped_below lies below running_above, with room between them'
    draft.fault([...path, 'stopped_below'], what, hint)
  }
  checkReachable(draft, path, entry)
  checkUnits(draft, path, entry)
  checkKeys(draft, path, entry)
  checkAverage(draft, path, entry, device)
}

/** A limit that no value of the signal ever crosses. */
function checkReachable(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  const { running_above: above, stopped_below: below, expect } = entry
  const bounds = boundsOf(entry)
  const max = expect?.below?.value ?? (bounds && Number(bounds.max))
  const min = expect?.above?.value ?? (bounds && Number(bounds.min))
  if (above && max !== undefined && above.value >= max) {
    draft.fault(
      [...path, 'running_above'],
      `the signal is never above ${above.value}`,
      `it is at most ${max}`,
    )
  }
  if (below && min !== undefined && below.value <= min) {
    draft.fault(
      [...path, 'stopped_below'],
      `the signal is never below ${below.value}`,
      `it is at least ${min}`,
    )
  }
}

/** The unit of a signal: its own, or the one behind its limits. */
export function unitOf({
  unit,
  running_above: above,
  stopped_below: below,
}: SignalEntry): string | undefined {
  return unit ?? above?.unit ?? below?.unit
}

function checkUnits(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  for (const key of ['running_above', 'stopped_below'] as const) {
    const unit = entry[key]?.unit
    if (unit === undefined || unit === unitOf(entry)) continue
    const what = `this limit is in ${unit}, and the signal in ${unitOf(entry)}`
    draft.fault([...path, key], what, 'write it in the unit that the signal shows, after its scale')
  }
}

function checkKeys(draft: DocumentDraft, path: Path, entry: SignalEntry): void {
  for (const key of NOT_FOR_ANALOG.filter((key) => entry[key] !== undefined)) {
    draft.fault(
      [...path, key],
      `a signal with running_above has no "${key}"`,
      'rules say running or stopped',
      'key',
    )
  }
  if (entry.type === 'bit' || entry.type === 'string') {
    draft.fault([...path, 'running_above'], `a ${entry.type} has no limits`, 'they are for numbers', 'key')
  }
}

function checkAverage(
  draft: DocumentDraft,
  path: Path,
  { average = AVERAGE_DEFAULT_MS, poll }: SignalEntry,
  device: DeviceDraft | undefined,
): void {
  const pollMs = device ? pollMsOf(device, { pollMs: poll }) : 0
  if (average >= READINGS_MIN * pollMs) return
  const what = `an average over ${average / 1_000}s has fewer than ${READINGS_MIN} readings, one each ${pollMs / 1_000}s`
  const hint = `average: ${(READINGS_MIN * pollMs) / 1_000}s or longer, or a faster poll`
  draft.fault([...path, 'average'], what, hint, 'key')
}
