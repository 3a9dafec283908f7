/** Writes metrics as Prometheus reads them: its own text format, or OpenMetrics where whoever asks prefers that. */
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import {
  Gauge,
  type MetricObjectWithValues,
  type MetricValueWithName,
  Registry,
  type RegistryContentType,
} from 'prom-client'
import type { Durations } from '../domain/durations.ts'
import { type Family, type MetricSample, seconds } from './family.ts'

/** Everything that a scrape is answered with. */
export interface Exposition {
  /** The media type. */
  readonly type: string
  readonly text: string
}

/** After so long the main thread polls before the scrape goes on. */
const TURN_MS = 3

/** `application/openmetrics-text` in the header Accept: Prometheus sends it wherever it knows that format. */
export function prefersOpenMetrics(accept: string | undefined): boolean {
  return accept?.includes('application/openmetrics-text') ?? false
}

/** Family by family, so that nobody who polls waits for more than a few ms. @param nowMs by the monotonic clock */
export async function expose<Sight>(
  families: readonly Family<Sight>[],
  sight: Sight,
  { isOpen, nowMs }: { readonly isOpen: boolean; readonly nowMs: () => number },
): Promise<Exposition> {
  const type = isOpen ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE
  const texts: string[] = []
  let turnMs = nowMs()
  for (const family of families) {
    texts.push(await textOf(family, sight, isOpen))
    if (nowMs() - turnMs < TURN_MS) continue
    await yieldToOthers()
    turnMs = nowMs()
  }
  return { type, text: `${texts.join('\n')}\n${isOpen ? '# EOF\n' : ''}` }
}

/** One family as the library writes it. */
async function textOf<Sight>(family: Family<Sight>, sight: Sight, isOpen: boolean): Promise<string> {
  const registry = new Registry<RegistryContentType>()
  if (isOpen) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  registry.registerMetric(new ReadMetric(family, sight, isOpen))
  return registry.getSingleMetricAsString(family.name)
}

/**
 * A metric of the library whose values are read out of what is known, where the library's own are counted up: it would have to be
 * emptied and filled again for each scrape, value by value.
 */
class ReadMetric<Sight> extends Gauge {
  readonly #family: Family<Sight>
  readonly #sight: Sight
  readonly #isOpen: boolean

  constructor(family: Family<Sight>, sight: Sight, isOpen: boolean) {
    super({ name: family.name, help: family.help, registers: [] })
    this.#family = family
    this.#sight = sight
    this.#isOpen = isOpen
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const { help, type } = this.#family
    // In OpenMetrics a counter has its `_total` at its samples only, where the library adds it.
    const isBare = this.#isOpen && type === 'counter'
    const name = isBare ? this.#family.name.replace(/_total$/, '') : this.#family.name
    // Its types say that this is a number; what it writes is the word.
    const word = type as unknown as MetricObjectWithValues<MetricValueWithName<string>>['type']
    return { name, help, type: word, aggregator: 'sum', collect: () => {}, values: this.#values(name) }
  }

  #values(metricName: string): MetricValueWithName<string>[] {
    const family = this.#family
    if (family.type === 'histogram')
      return family.read(this.#sight).flatMap((sample) => bucketsOf(metricName, sample))
    return family.read(this.#sight).map(({ labels, value }) => ({ labels, value, metricName }))
  }
}

/** Prometheus counts in each bucket what fell into those before it as well. */
function bucketsOf(name: string, { labels, value }: MetricSample<Durations>): MetricValueWithName<string>[] {
  let count = 0
  const buckets = value.counts.map((more, index) => {
    count += more
    const bound = value.boundsMs[index]
    const le = bound === undefined ? '+Inf' : String(seconds(bound))
    return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` }
  })
  return [
    ...buckets,
    { labels, value: seconds(value.sumMs), metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ]
}
