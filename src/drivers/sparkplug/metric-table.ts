/** The metrics of an edge node or of one device behind it, as its birth named them, and what each shows now. */
import type { Instant } from '../../domain/instant.ts'
import type { Quality, SignalValue } from '../../domain/signal.ts'
import type { MetricType } from '../../mqtt/sparkplug/metric-types.ts'
import type { Alias, MetricNames } from '../../mqtt/sparkplug/payload.ts'

/** What a metric shows, and since when on the gateway's clocks. `detail` says why it is not good. */
export interface ShownMetric {
  readonly name: string
  readonly value: SignalValue
  readonly quality: Quality
  readonly detail?: string | undefined
  readonly at: Instant
}

/** A metric that a birth has named. */
interface BornMetric {
  readonly name: string
  readonly alias?: Alias | undefined
  /** Of the kinds that are read; absent for a template and the like. */
  readonly type?: MetricType | undefined
}

/** The metrics of one birth. */
export class MetricTable {
  readonly #byName = new Map<string, BornMetric>()
  /** Undefined for an alias that several metrics have: nobody knows which of them is meant. */
  readonly #byAlias = new Map<Alias, BornMetric | undefined>()
  readonly #shown = new Map<string, ShownMetric>()

  add(metric: BornMetric): void {
    this.#byName.set(metric.name, metric)
    const { alias, name } = metric
    if (alias === undefined) return
    const isTaken = this.#byAlias.has(alias) && this.#byAlias.get(alias)?.name !== name
    this.#byAlias.set(alias, isTaken ? undefined : metric)
  }

  /** By its name where it comes with one: some senders write the alias 0 beside each name. */
  find({ alias, name }: MetricNames): BornMetric | undefined {
    if (name !== undefined) return this.#byName.get(name)
    return alias === undefined ? undefined : this.#byAlias.get(alias)
  }

  /** Whether a birth has given this alias to several metrics. */
  isShared(alias: Alias): boolean {
    return this.#byAlias.has(alias) && this.#byAlias.get(alias) === undefined
  }

  show(metric: ShownMetric): void {
    this.#shown.set(metric.name, metric)
  }

  shown(name: string): ShownMetric | undefined {
    return this.#shown.get(name)
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }
}
