/** What the audit trail records, and how its records are chained. */
import { hash } from 'node:crypto'

/** Events of the log that are events of the trail under the same name. */
export const LOGGED_EVENTS = [
  'buffer-failed',
  'buffer-part-laid-aside',
  'buffer-put-back',
  'buffer-replaced',
  'buffer-unfinished',
  'buffer-updated',
  'buffer-yielded',
  'clock-stepped',
  'map-in-force',
  'map-taken-away',
  'opcua-certificate-news',
  'pair-stands-by',
  'pair-took-over',
  'quarantine-begun',
  'quarantine-landed',
  'release-in-force',
  'route-agreed',
  'route-file-gone',
  'route-in-force',
  'route-over',
] as const

/** Everything that can stand in the trail; docs/audit-trail.md says what each means. */
export const TRAIL_EVENTS = [
  ...LOGGED_EVENTS,
  'certificate-trusted',
  'configuration-changed',
  'console-call',
  'gateway-ended-uncleanly',
  'gateway-failed',
  'gateway-started',
  'gateway-stopped',
  'gateway-version-changed',
  'login-enrolled',
  'login-renewed',
  'quarantine-discarded',
  'route-fenced',
  'rows-resent',
  'settings-restored',
  'stream-adopted',
  'support-bundle-made',
  'trail-begun',
  'trail-broken',
  'trail-cut',
  'trail-replaced',
  'trail-taken-over',
  'users-changed',
] as const

/** What happened, by a name that stays the same from version to version. */
export type TrailEvent = (typeof TRAIL_EVENTS)[number]

/** `strangers`: calls of whoever was not let in. */
export type ChainName = 'gateway' | 'strangers'

/** One record, before it is chained. */
export interface NewRecord {
  /** Ms since 1970. */
  readonly atMs: number
  readonly chain: ChainName
  readonly event: TrailEvent
  /** A user, a script or a user of the computer; null where it was the gateway itself, or somebody who was not let in. */
  readonly who: string | null
  /** The address of a caller, `command`, or `gateway`. */
  readonly origin: string
  readonly what: string
  /** With a state: recorded only where the state is another one than the subject's last. */
  readonly subject: string | null
  readonly state: string | null
  /** JSON: an object. */
  readonly details: string
}

/** One record, as it is kept. */
export interface TrailRecord extends NewRecord {
  /** Its place among all of them. */
  readonly id: number
  /** Its place in its chain. */
  readonly seq: number
  /** Hex. */
  readonly hash: string
}

/** The last record of a chain. */
export interface ChainHead {
  readonly seq: number
  readonly hash: string
}

/** SHA-256 (hex) of the hash before it and of a record's fields as a JSON list, so that any other program can compute it as well. */
export function recordHash(previous: string, record: Omit<TrailRecord, 'hash'>): string {
  const { chain, seq, id, atMs, event, who, origin, what, subject, state, details } = record
  const fields = [chain, seq, id, atMs, event, who, origin, what, subject, state, details]
  return hash('sha256', `${previous}\n${JSON.stringify(fields)}`, 'hex')
}

/** The columns of a record, under the names of its fields. */
export const RECORD_COLUMNS =
  'id, chain, seq, at_ms AS atMs, event, who, origin, what, subject, state, details, hash'
