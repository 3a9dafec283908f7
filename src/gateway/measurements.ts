/** What the console answers to whoever watches the gateway from outside: metrics, and whether it is ready. */
import type { ReportParts } from '../console/report.ts'
import type { Trouble } from '../domain/health.ts'
import { FAMILIES } from '../metrics/catalogue.ts'
import type { Observer } from '../metrics/observer.ts'
import type { Exposition } from '../metrics/prometheus.ts'
import type { TelemetryTarget } from '../metrics/settings.ts'
import type { GatewaySight } from '../metrics/sight.ts'
import { Telemetry } from '../metrics/telemetry.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

interface MeasuredParts {
  readonly observer: Observer
  readonly gather: (own: readonly Trouble[]) => Promise<ReportParts>
  /** Whether the device maps are in force. */
  readonly areMapsInForce: () => boolean
  readonly clock: Clock
}

interface Measurements {
  readonly metrics: (own: readonly Trouble[], accept: string | undefined) => Promise<Exposition>
  readonly unready: () => Promise<string | undefined>
  /** Everything that is measured, for whoever sends it elsewhere. */
  readonly sight: (own: readonly Trouble[]) => Promise<GatewaySight>
}

/** Two who scrape at the same time get the same text: however many they are, the gateway has the work once. */
export function measurementsOf({ observer, gather, areMapsInForce, clock }: MeasuredParts): Measurements {
  const underWay = new Map<boolean, Promise<Exposition>>()

  const sightOf = async (own: readonly Trouble[]) => {
    const report = await gather(own)
    return observer.sight(report, areMapsInForce() && report.outbox.summary.blocked === null)
  }

  // Loaded with the first scrape: a gateway that nobody scrapes starts without prom-client.
  const prometheus = () => import('../metrics/prometheus.ts')

  const scrape = async (own: readonly Trouble[], isOpen: boolean) =>
    (await prometheus()).expose(FAMILIES, await sightOf(own), { isOpen, nowMs: () => clock.now().monoMs })

  return {
    metrics: async (own, accept) => {
      const isOpen = (await prometheus()).prefersOpenMetrics(accept)
      const shared = underWay.get(isOpen) ?? scrape(own, isOpen).finally(() => underWay.delete(isOpen))
      underWay.set(isOpen, shared)
      return shared
    },
    unready: async () => {
      if (!areMapsInForce()) return 'the device maps are being loaded'
      const { outbox } = await gather([])
      return outbox.summary.blocked ?? undefined
    },
    sight: sightOf,
  }
}

interface TelemetryNeeds {
  readonly sight: () => Promise<GatewaySight>
  readonly clock: Clock
  readonly log: Log
}

/** Undefined where nobody wants metrics to be sent. */
export function telemetryFor(
  target: TelemetryTarget | null,
  { sight, clock, log }: TelemetryNeeds,
): Telemetry | undefined {
  if (!target) return undefined
  const measured = async () => {
    const [{ resourceMetrics }, seen] = await Promise.all([import('../metrics/otlp.ts'), sight()])
    return resourceMetrics(FAMILIES, seen, seen.report)
  }
  return new Telemetry({ ...target, measured, clock, log })
}
