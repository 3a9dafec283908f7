/** What `status` says of a pair of gateways. */

import { utcText } from '../domain/instant.ts'
import type { PairHealth } from '../domain/lease.ts'
import { secondsSince } from './machine-report.ts'

/** As it stands in `status --json`. */
export interface PairReport {
  readonly pair: string
  /** `active`, or `stand-by`. */
  readonly role: string
  readonly since: string
  /** Why this gateway could not take over, or sees less than it should; null where it is ready. */
  readonly unready: string | null
  /** The other gateway, as central last heard of it; null where it never did. */
  readonly other: {
    readonly gateway: string
    readonly role: string
    readonly unready: string | null
    readonly seen_s: number
  } | null
  /** Events of machines that the other gateway has recorded in place of this one. */
  readonly superseded: number
}

export function pairReport({ sinceMs, other, ...pair }: PairHealth, nowMs: number): PairReport {
  const { pair: name, role, unready, superseded } = pair
  return {
    ...{ pair: name, role, since: utcText(sinceMs), unready },
    other: other && {
      ...{ gateway: other.gateway, role: other.role, unready: other.unready },
      seen_s: secondsSince(other.seenAtMs, nowMs) ?? 0,
    },
    superseded,
  }
}
