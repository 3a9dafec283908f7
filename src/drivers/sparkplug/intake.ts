/** Turns what a node or a device shows into samples of the signals of a map, in time order. */
import { nearestWord } from '../../documents/nearest-word.ts'
import { type Instant, laterOf } from '../../domain/instant.ts'
import type { Sample, SignalSpec } from '../../domain/signal.ts'
import { SignalChanges } from '../shared/signal-changes.ts'
import type { MetricTable, ShownMetric } from './metric-table.ts'

/** One for each link: it remembers the last sample of each signal. */
export class MetricIntake {
  readonly #signals: readonly SignalSpec<string>[]
  readonly #changes: SignalChanges
  /** The signals that a metric is, by their place in the list. */
  readonly #byMetric: ReadonlyMap<string, readonly number[]>

  constructor(signals: readonly SignalSpec<string>[]) {
    this.#signals = signals
    this.#changes = new SignalChanges(signals)
    this.#byMetric = Map.groupBy(signals.keys(), (index) => signals[index]?.address ?? '')
  }

  /** What a birth says: each of its metrics has a value, and a signal whose metric it does not name has none. */
  born(metrics: MetricTable, whose: string, at: Instant): Sample[] {
    return this.#signals.flatMap(({ address }, index) => {
      const shown = metrics.shown(address)
      const sample = shown
        ? this.#changes.observe(index, shown.value, shown.quality, at, shown.detail)
        : this.#changes.observe(index, null, 'bad', at, noSuchMetric(address, metrics, whose))
      return sample ?? []
    })
  }

  /** What changed. Nothing of it counts from before `earliest`: up to then, all that was shown has been handed on. */
  changed(shown: readonly ShownMetric[], earliest: Instant): Sample[] {
    const samples = shown.flatMap((metric) => {
      const at = laterOf(earliest, metric.at)
      const { value, quality, detail } = metric
      const indexes = this.#byMetric.get(metric.name) ?? []
      return indexes.flatMap((index) => this.#changes.observe(index, value, quality, at, detail) ?? [])
    })
    return samples.sort((one, other) => one.at.monoMs - other.at.monoMs)
  }

  /** None of the signals has a value, and why. */
  unknown(why: string, at: Instant): Sample[] {
    return this.#signals.flatMap((_, index) => this.#changes.observe(index, null, 'bad', at, why) ?? [])
  }
}

function noSuchMetric(name: string, metrics: MetricTable, whose: string): string {
  const { names } = metrics
  const nearest = nearestWord(name, names) ?? names.find((known) => lastPart(known) === lastPart(name))
  const hint = nearest === undefined ? `it has ${listed(names)}` : `did you mean "${nearest}"?`
  return `no such metric in the birth of ${whose}: "${name}"; ${hint}`
}

/** `State` of `Line1/Status/State`. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).toLowerCase()
}

/** More names would hide the message. */
const LISTED_MAX = 12

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none at all'
  const more = names.length > LISTED_MAX ? ` and ${names.length - LISTED_MAX} more` : ''
  return `${names.slice(0, LISTED_MAX).join(', ')}${more}`
}
