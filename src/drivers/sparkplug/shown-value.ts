/** What a metric says, as a value with its quality. */
import { utcText } from '../../domain/instant.ts'
import type { Quality, SignalValue } from '../../domain/signal.ts'
import type { Metric } from '../../mqtt/sparkplug/payload.ts'
import { noNumber } from '../shared/float-end.ts'

interface ShownValue {
  readonly value: SignalValue
  readonly quality: Quality
  readonly detail?: string
}

/** Sparkplug 3.0, section 6.4.21: the property `Quality`; 192 is good. */
const QUALITY = 'Quality'
const GOOD = 192
const WORDS: ReadonlyMap<number, string> = new Map([
  [0, 'its edge node calls it bad'],
  [500, 'its edge node calls it stale'],
])
/** The last moment that a date can be. */
const LATEST_MS = 8_640_000_000_000_000

export function shownValue(metric: Metric): ShownValue {
  if (metric.unread !== undefined) return { value: null, quality: 'bad', detail: metric.unread }
  if (metric.value === null) {
    return { value: null, quality: 'bad', detail: 'its edge node says that it has no value now' }
  }
  const value = signalValue(metric, metric.value)
  const fault = typeof value === 'number' ? noNumber(value) : undefined
  if (fault !== undefined) return { value: null, quality: 'bad', detail: fault }
  const quality = metric.properties?.get(QUALITY)?.value
  if (typeof quality !== 'number' || quality === GOOD) return { value, quality: 'good' }
  return {
    value,
    quality: 'bad',
    detail: WORDS.get(quality) ?? `its edge node gives it the quality ${quality}`,
  }
}

/** A date as text, since a signal has no dates. */
function signalValue({ type }: Metric, value: NonNullable<Metric['value']>): SignalValue {
  const isDate = type === 'DateTime' && typeof value === 'number' && value <= LATEST_MS
  return isDate ? utcText(value) : value
}
