/** The section `telemetry:` of `gateway.yaml`. */
import { z } from 'zod'
import { duration, refuse, shown } from '../documents/quantities.ts'
import type { Section } from '../documents/section.ts'

/** Where metrics are sent; null: nowhere. */
type TelemetrySettings = TelemetryTarget | null

/** A collector of OpenTelemetry. */
export interface TelemetryTarget {
  /** With the path of its metrics, mostly `/v1/metrics`. */
  readonly url: string
  readonly everyMs: number
}

const collectorUrl = z
  .string()
  .transform((written, context): string => {
    const hint = 'write it as https://collector.plant.example:4318/v1/metrics'
    const url = URL.canParse(written) ? new URL(written) : undefined
    if (!url || !/^https?:$/.test(url.protocol))
      return refuse(context, `${shown(written)} is not a URL that begins with http:// or https://`, hint)
    if (url.username !== '' || url.password !== '')
      return refuse(context, 'a user and a password have no place in this URL', hint)
    return written
  })
  .meta({ pattern: '^https?://[^@]+$' })

const schema = z
  .strictObject({
    otlp: collectorUrl.describe('A collector that takes OTLP over HTTP, with the path of its metrics.'),
    every: duration({ min: '1s', max: '1h' }).prefault('60s').describe('How often they are sent.'),
  })
  .meta({ title: 'telemetry' })
  .optional()
  .transform((written): TelemetrySettings => (written ? { url: written.otlp, everyMs: written.every } : null))

/** The section, as `config/` puts it together with the others. */
export const telemetrySection: Section<TelemetrySettings> = { schema }
