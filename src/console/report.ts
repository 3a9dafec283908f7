/**
 * What `status --json` and the health endpoint say, put together from what each part says of itself.
 * Every degraded state has one code, says what to do where that is known, and clears by itself.
 */
import type { ConfigFault } from '../domain/errors.ts'
import type { CentralHealth, DeviceHealth, Health, Trouble } from '../domain/health.ts'
import { utcText } from '../domain/instant.ts'
import type { OutboxStats } from '../domain/outbox.ts'

/** Central may be away this long before anybody is bothered. */
const AWAY_GRACE_MS = 60_000
/** A gateway whose clock is further off central's than this has no business stamping rows unnoticed. */
const CLOCK_OFFSET_MAX_MS = 5_000

export interface Parts {
  readonly gateway: string
  readonly version: string
  readonly startedAtMs: number
  readonly nowMs: number
  readonly central: CentralHealth
  readonly outbox: OutboxStats
  readonly machines: readonly {
    readonly machine: string
    readonly status: string | null
    readonly sinceMs: number | null
    readonly reason: string | null
    readonly workOrder: string | null
    readonly lastSeenMs: number | null
  }[]
  readonly devices: Health<readonly DeviceHealth[]>
  readonly maps: readonly MapHealth[]
  /** Faults of files that belong to no machine that runs. */
  readonly mapFaults: readonly ConfigFault[]
}

export interface MapHealth {
  readonly machine: string
  readonly file: string
  readonly loadedAtMs: number
  readonly faults: readonly ConfigFault[]
}

export interface Degraded {
  readonly code: string
  readonly what: string
  readonly since: string | null
  readonly device?: string
}

export interface StatusReport {
  readonly gateway: string
  readonly version: string
  readonly uptime_s: number
  readonly healthy: boolean
  readonly degraded: readonly Degraded[]
  readonly central: {
    readonly state: string
    readonly since: string
    readonly cause?: string
    readonly last_seq: number
    readonly lag_s: number
    readonly clock_offset_ms: number | null
  }
  readonly outbox: {
    readonly pending: number
    readonly oldest_s: number | null
    readonly bytes: number
    readonly max_bytes: number
  }
  readonly quarantine: { readonly count: number }
  readonly machines: readonly {
    readonly machine: string
    readonly status: string | null
    readonly since: string | null
    readonly reason: string | null
    readonly work_order: string | null
    readonly data_age_s: number | null
    readonly map: {
      readonly file: string
      readonly loaded_at: string
      readonly faults: readonly ConfigFault[]
    } | null
  }[]
  readonly devices: readonly {
    readonly device: string
    readonly state: string
    readonly since: string
    readonly error?: string
  }[]
  readonly scanners: readonly never[]
}

export function composeReport(parts: Parts): StatusReport {
  const degraded = findDegraded(parts)
  const oldestS = secondsSince(parts.outbox.oldestPendingAtMs, parts.nowMs)
  const { central } = parts
  return {
    gateway: parts.gateway,
    version: parts.version,
    uptime_s: Math.round((parts.nowMs - parts.startedAtMs) / 1000),
    healthy: degraded.length === 0,
    degraded,
    central: {
      state: central.state,
      since: utcText(central.sinceMs),
      ...(central.cause === undefined ? {} : { cause: central.cause }),
      last_seq: central.lastSeq,
      lag_s: oldestS ?? 0,
      clock_offset_ms: central.clockOffsetMs,
    },
    outbox: {
      pending: parts.outbox.pending,
      oldest_s: oldestS,
      bytes: parts.outbox.bytes,
      max_bytes: parts.outbox.maxBytes,
    },
    quarantine: { count: central.quarantineCount },
    machines: parts.machines.map((machine) => machineReport(machine, parts)),
    devices: parts.devices.summary.map(({ device, state, sinceMs, error }) => ({
      device,
      state,
      since: utcText(sinceMs),
      ...(error === undefined ? {} : { error }),
    })),
    scanners: [],
  }
}

function machineReport(machine: Parts['machines'][number], parts: Parts): StatusReport['machines'][number] {
  const map = parts.maps.find((candidate) => candidate.machine === machine.machine)
  return {
    machine: machine.machine,
    status: machine.status,
    since: machine.sinceMs === null ? null : utcText(machine.sinceMs),
    reason: machine.reason,
    work_order: machine.workOrder,
    data_age_s: secondsSince(machine.lastSeenMs, parts.nowMs),
    map: map ? { file: map.file, loaded_at: utcText(map.loadedAtMs), faults: map.faults } : null,
  }
}

function findDegraded(parts: Parts): readonly Degraded[] {
  return [
    ...centralDegraded(parts),
    ...parts.devices.troubles.map(degradedBy),
    ...mapsDegraded(parts),
    ...(parts.outbox.blocked === null ? [] : [{ code: 'store', what: parts.outbox.blocked, since: null }]),
  ]
}

function centralDegraded({ central, nowMs }: Parts): readonly Degraded[] {
  const since = utcText(central.sinceMs)
  const found: Degraded[] = []
  if (central.state === 'fenced') {
    found.push({
      code: 'fence',
      what: central.cause ?? 'central holds another history of this gateway',
      since,
    })
  } else if (central.state !== 'connected' && nowMs - central.sinceMs > AWAY_GRACE_MS) {
    found.push({ code: 'central', what: central.cause ?? 'central cannot be reached', since })
  }
  if (central.quarantineCount > 0) {
    const what = `${central.quarantineCount} rows that central refused are in quarantine`
    found.push({ code: 'quarantine', what, since: null })
  }
  if (Math.abs(central.clockOffsetMs ?? 0) > CLOCK_OFFSET_MAX_MS) {
    const what = `this clock and central's differ by ${central.clockOffsetMs} ms; set up time synchronisation`
    found.push({ code: 'clock', what, since: null })
  }
  return found
}

function degradedBy({ code, what, hint, sinceMs, device }: Trouble): Degraded {
  return {
    code,
    what: hint === undefined ? what : `${what}; ${hint}`,
    since: sinceMs === null ? null : utcText(sinceMs),
    ...(device === undefined ? {} : { device }),
  }
}

function mapsDegraded({ maps, mapFaults }: Parts): readonly Degraded[] {
  const faults = [...maps.flatMap((map) => map.faults), ...mapFaults]
  return faults.map(({ file, line, column, message }) => ({
    code: 'map',
    what: `${file}:${line}:${column}: ${message}`,
    since: null,
  }))
}

function secondsSince(atMs: number | null, nowMs: number): number | null {
  return atMs === null ? null : Math.max(0, Math.round((nowMs - atMs) / 100) / 10)
}
