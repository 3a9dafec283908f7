/** Metrics in the shapes of OpenTelemetry, out of the same families that Prometheus reads. */
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { Durations } from '../domain/durations.ts'
import { type Family, type MetricSample, seconds } from './family.ts'

type HrTime = MetricData['dataPoints'][number]['startTime']
type Resource = ResourceMetrics['resource']

/** `DOUBLE`, as the API of OpenTelemetry numbers its types. */
const DOUBLE = 1 as MetricData['descriptor']['valueType']

/** Of whom they are, and of which time: counters begin with the gateway's start. Moments are ms since 1970. */
interface About {
  readonly gateway: string
  readonly version: string
  readonly startedAtMs: number
  readonly nowMs: number
}

/** Everything that a collector is sent at once. */
export function resourceMetrics<Sight>(
  families: readonly Family<Sight>[],
  sight: Sight,
  about: About,
): ResourceMetrics {
  const { gateway, version } = about
  const attributes = {
    'service.name': 'millrace',
    'service.instance.id': gateway,
    'service.version': version,
  }
  const metrics = families
    .map((family) => metricData(family, sight, about))
    .filter(({ dataPoints }) => dataPoints.length > 0)
  return {
    resource: resourceOf(attributes),
    scopeMetrics: [{ scope: { name: 'millrace', version }, metrics }],
  }
}

function resourceOf(attributes: Readonly<Record<string, string>>): Resource {
  const resource: Resource = {
    attributes,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  }
  return resource
}

function metricData<Sight>(family: Family<Sight>, sight: Sight, about: About): MetricData {
  const { name, help: description } = family
  const common = {
    descriptor: { name, description, unit: unitOf(name), valueType: DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  const point = <T>(labels: MetricSample<T>['labels'], value: T) => ({
    ...{ startTime: hrTime(about.startedAtMs), endTime: hrTime(about.nowMs) },
    ...{ attributes: labels, value },
  })
  switch (family.type) {
    case 'gauge': {
      const dataPoints = family.read(sight).map(({ labels, value }) => point(labels, value))
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
    }
    case 'counter': {
      const dataPoints = family.read(sight).map(({ labels, value }) => point(labels, value))
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    }
    case 'histogram': {
      const dataPoints = family.read(sight).map(({ labels, value }) => point(labels, histogramOf(value)))
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }
    }
  }
}

function histogramOf({ boundsMs, counts, sumMs }: Durations) {
  return {
    buckets: { boundaries: boundsMs.map((ms) => seconds(ms)), counts: [...counts] },
    sum: seconds(sumMs),
    count: counts.reduce((sum, one) => sum + one, 0),
  }
}

/** In the words of UCUM, which OpenTelemetry uses. */
function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 's'
  return /_bytes(_total)?$/.test(name) ? 'By' : '1'
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1_000_000)]
}
