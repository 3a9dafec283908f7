/**
 * What `status --json` and the health endpoint say, put together from what each part says of itself.
 * Every degraded state has one code, says what to do where that is known, and clears by itself.
 */
import type { ConfigFault } from '../domain/errors.ts'
import type { CentralHealth, DeviceHealth, Health, Trouble } from '../domain/health.ts'
import { utcText } from '../domain/instant.ts'
import type { OutboxStats } from '../domain/outbox.ts'

export interface Parts {
  readonly gateway: string
  readonly version: string
  readonly startedAtMs: number
  readonly nowMs: number
  readonly central: Health<CentralHealth>
  readonly outbox: Health<OutboxStats>
  readonly machines: readonly {
    readonly machine: string
    readonly status: string | null
    readonly sinceMs: number | null
    readonly reason: string | null
    readonly workOrder: string | null
    readonly lastSeenMs: number | null
  }[]
  readonly devices: readonly DeviceHealth[]
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
  const { summary: central } = parts.central
  const { summary: outbox } = parts.outbox
  const oldestS = secondsSince(outbox.oldestPendingAtMs, parts.nowMs)
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
      pending: outbox.pending,
      oldest_s: oldestS,
      bytes: outbox.bytes,
      max_bytes: outbox.maxBytes,
    },
    quarantine: { count: central.quarantineCount },
    machines: parts.machines.map((machine) => machineReport(machine, parts)),
    devices: parts.devices.map(({ device, state, sinceMs, error }) => ({
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
    ...parts.central.troubles.map(degradedOf),
    ...parts.devices.flatMap(deviceDegraded),
    ...mapsDegraded(parts),
    ...parts.outbox.troubles.map(degradedOf),
  ]
}

function degradedOf({ code, what, hint, sinceMs }: Trouble): Degraded {
  return {
    code,
    what: hint === undefined ? what : `${what}; ${hint}`,
    since: sinceMs === null ? null : utcText(sinceMs),
  }
}

function deviceDegraded({ device, state, sinceMs, error }: DeviceHealth): readonly Degraded[] {
  if (state === 'connected') return []
  return [{ code: `device-${state}`, what: error ?? `no answer yet`, since: utcText(sinceMs), device }]
}

function mapsDegraded({ maps, mapFaults }: Parts): readonly Degraded[] {
  const faults = [...maps.flatMap((map) => map.faults), ...mapFaults]
  return faults.map(({ file, line, column, message }) => ({
    code: 'map-faults',
    what: `${file}:${line}:${column}: ${message}`,
    since: null,
  }))
}

function secondsSince(atMs: number | null, nowMs: number): number | null {
  return atMs === null ? null : Math.max(0, Math.round((nowMs - atMs) / 100) / 10)
}
