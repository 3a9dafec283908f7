/** Where device maps and routes come from, as `status --json` says it. */
import type { ConfigurationHealth } from '../domain/health.ts'
import { utcText } from '../domain/instant.ts'

/** Moments are UTC texts. */
export interface ConfigurationReport {
  /** `files`, `git` or `bundle`. */
  readonly kind: string
  /** The folder of the device maps, or the place that releases come from. */
  readonly from: string
  /** Null where files hold, or none has come into force yet. */
  readonly release: string | null
  readonly signer: string | null
  readonly since: string | null
  readonly checked_at: string | null
}

export function configurationReport({
  sinceMs,
  checkedAtMs,
  ...named
}: ConfigurationHealth): ConfigurationReport {
  const utc = (ms: number | null) => (ms === null ? null : utcText(ms))
  return { ...named, since: utc(sinceMs), checked_at: utc(checkedAtMs) }
}
