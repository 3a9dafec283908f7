/** What is different, in sentences of the reader's language. */
import type { WhatIfOnWire, WhatIfPair } from '../../../../src/api/what-if/shapes.ts'
import { durationText, shareText } from '../../parts/format.ts'
import { t } from '../../texts/catalogue.ts'

/** The most important first. */
export function summary(result: WhatIfOnWire): readonly string[] {
  const { stops, before, after, different_s: different } = result
  const gone = stops.filter(({ kind }) => kind === 'gone')
  const fresh = stops.filter(({ kind }) => kind === 'new')
  const changed = stops.filter(({ kind }) => kind === 'changed')
  const because = changed.filter(({ changes }) => changes.includes('reason') || changes.includes('category'))
  const moved = changed.filter(({ changes }) => changes.includes('begin') || changes.includes('end'))
  const lines = [
    gone.length > 0 && t('whatIf.sayGone', { count: gone.length, time: timeOf(gone) }),
    fresh.length > 0 && t('whatIf.sayNew', { count: fresh.length, time: timeOf(fresh) }),
    because.length > 0 && t('whatIf.sayReason', { count: because.length }),
    moved.length > 0 && t('whatIf.sayMoved', { count: moved.length }),
    // Where something is not known, both are not of the same time.
    result.undecided.length === 0 &&
      before.availability !== after.availability &&
      t('whatIf.sayAvailability', { before: share(before.availability), after: share(after.availability) }),
    different > 0 && t('whatIf.sayDifferent', { time: durationText(different) }),
  ].filter((line) => line !== false)
  const nothing = result.undecided.length > 0 ? t('whatIf.sayNothingKnown') : t('whatIf.sayNothing')
  return lines.length === 0 ? [nothing] : lines
}

/** What nobody can say, and why. */
export function unknowns({ missing, undecided, moved_devices, lost }: WhatIfOnWire): readonly string[] {
  const signals = missing.map(({ signal }) => signal).join(', ')
  const time = durationText(undecided.reduce((sum, span) => sum + lengthOf(span), 0))
  return [
    ...(missing.length > 0 ? [t('whatIf.sayMissing', { signals })] : []),
    ...(undecided.length > 0 ? [t('whatIf.sayUndecided', { time })] : []),
    ...moved_devices.map((device) => t('whatIf.sayOtherDevice', { device })),
    ...(lost.length > 0
      ? [t('whatIf.sayLost', { time: durationText(lost.reduce((sum, span) => sum + lengthOf(span), 0)) })]
      : []),
  ]
}

function timeOf(pairs: readonly WhatIfPair[]): string {
  return durationText(pairs.reduce((sum, { before, after }) => sum + ((before ?? after)?.lasted_s ?? 0), 0))
}

function share(availability: number | null): string {
  return availability === null ? '–' : shareText(availability)
}

function lengthOf({ from, to }: { readonly from: string; readonly to: string }): number {
  return (Date.parse(to) - Date.parse(from)) / 1_000
}
