/**
 * Sends metrics to a collector of OpenTelemetry. A collector that is away, slow or wrong disturbs nothing: one sending is under way at a
 * time, what could not be sent is not kept, and the next one tries again. The library is loaded only where somebody wants this.
 */
import type { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { withHint } from '../domain/errors.ts'
import type { Trouble } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { plainUrl } from '../runtime/plain-url.ts'
import type { Service } from '../runtime/service.ts'
import { within } from '../runtime/within.ts'
import type { TelemetryTarget } from './settings.ts'

/** The codes of what can be wrong with it. Alerts are named by it. */
const TELEMETRY_TROUBLES = {
  /** For a minute nothing could be sent. */
  away: 'telemetry-away',
} as const

/** A sending may take so long, with what the library tries again by itself. */
const SEND_MAX_MS = 10_000
/** So long it may fail before anybody is bothered. */
const GRACE_MS = 60_000
const HINT = 'check telemetry.otlp and the collector; nothing else of the gateway depends on it'

interface TelemetryParts extends TelemetryTarget {
  /** Everything that is to be sent, at this moment. */
  readonly measured: () => Promise<ResourceMetrics>
  readonly clock: Clock
  readonly log: Log
}

interface Failure {
  readonly why: string
  readonly sinceMs: number
}

/** Sends while it runs. */
export class Telemetry implements Service {
  readonly name = 'telemetry'
  readonly #parts: TelemetryParts
  #failure: Failure | undefined
  #isTold = false

  constructor(parts: TelemetryParts) {
    this.#parts = parts
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, everyMs, url } = this.#parts
    const { OTLPMetricExporter: Exporter } = await import('@opentelemetry/exporter-metrics-otlp-http')
    const exporter = new Exporter({ url, timeoutMillis: SEND_MAX_MS, concurrencyLimit: 1 })
    try {
      while (!signal.aborted) {
        await clock.sleep(everyMs, signal)
        if (!signal.aborted) await this.#send(exporter, signal)
      }
    } finally {
      // What is under way is given up: it holds nothing that anybody misses.
      void exporter.shutdown().catch(() => undefined)
    }
  }

  troubles(): readonly Trouble[] {
    const failure = this.#failure
    if (!failure || this.#parts.clock.now().wallMs - failure.sinceMs < GRACE_MS) return []
    return [{ code: TELEMETRY_TROUBLES.away, ...this.#words(failure), sinceMs: failure.sinceMs }]
  }

  async #send(exporter: OTLPMetricExporter, signal: AbortSignal): Promise<void> {
    const { measured, clock } = this.#parts
    const sent = measured().then((metrics) => exported(exporter, metrics))
    // The library bounds each request; this bounds the library.
    const bounds = { clock, signal, maxMs: 2 * SEND_MAX_MS }
    const why = await within(sent, bounds, (gaveUp) =>
      gaveUp === 'aborted' ? undefined : 'there was no answer',
    ).catch((error: unknown) => String(error))
    if (why === undefined) this.#works()
    else this.#failed(why)
  }

  #works(): void {
    const { log } = this.#parts
    if (this.#isTold) {
      log.info(
        { event: 'telemetry-sent', code: TELEMETRY_TROUBLES.away },
        'over: metrics are sent to the collector again',
      )
    }
    this.#failure = undefined
    this.#isTold = false
  }

  #failed(why: string): void {
    const { clock, log } = this.#parts
    this.#failure = { why, sinceMs: this.#failure?.sinceMs ?? clock.now().wallMs }
    if (this.#isTold || this.troubles().length === 0) return
    this.#isTold = true
    const { what, hint } = this.#words(this.#failure)
    log.warn({ event: 'telemetry-away', code: TELEMETRY_TROUBLES.away }, withHint(what, hint))
  }

  #words({ why }: Failure): { readonly what: string; readonly hint: string } {
    return { what: `metrics cannot be sent to ${plainUrl(this.#parts.url)}: ${why}`, hint: HINT }
  }
}

/** @returns why it was not taken; undefined where it was */
function exported(exporter: OTLPMetricExporter, metrics: ResourceMetrics): Promise<string | undefined> {
  return new Promise((resolve) => {
    exporter.export(metrics, ({ code, error }) => {
      // 0 is SUCCESS.
      if (code === 0) resolve(undefined)
      else resolve(oneLine(error?.message || 'the collector did not take them'))
    })
  })
}

/** What a collector says may be long, and of several lines. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 200)
}
