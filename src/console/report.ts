/**
 * What `status --json` and the health endpoint say, put together from what each part says of itself. It decides nothing: what
 * is wrong, since when and what to do about it is said by the part that it happens to.
 */
import type {
  ConfigurationHealth,
  DeviceHealth,
  Health,
  MachineHealth,
  MapsHealth,
  RouteHealth,
  ScannerHealth,
  SignalHealth,
  StationHealth,
  Trouble,
  UploadHealth,
} from '../domain/health.ts'
import { utcText } from '../domain/instant.ts'
import type { PairHealth } from '../domain/lease.ts'
import type { OutboxStats } from '../domain/outbox.ts'
import { isMachine, machineOwner, type Owner, ownerCode } from '../domain/owner.ts'
import type { RouteForecast } from '../domain/route-forecast.ts'
import { type ConfigurationReport, configurationReport } from './configuration-report.ts'
import { type MachineReport, machineReport, secondsSince } from './machine-report.ts'
import { type PairReport, pairReport } from './pair-report.ts'
import { type ScanningReport, scanningReport } from './scanner-report.ts'

/** More signals that are not good are only counted, and more troubles of one kind too. */
const SIGNALS_MAX = 1_000
const ALIKE_MAX = 200

/** What the report is made of: what each part says of itself, with moments in ms since 1970. */
export interface ReportParts {
  readonly gateway: string
  readonly version: string
  readonly startedAtMs: number
  readonly nowMs: number
  /** The first is shown as central too. */
  readonly routes: readonly [Health<UploadHealth>, ...Health<RouteHealth>[]]
  /** The routes that files describe, and what is wrong with them. */
  readonly routeFiles: Health<readonly RouteHealth[]>
  readonly outbox: Health<OutboxStats>
  readonly machines: readonly Health<MachineHealth>[]
  readonly devices: Health<readonly DeviceHealth[]>
  readonly scanners: Health<readonly ScannerHealth[]>
  readonly stations: readonly Health<StationHealth>[]
  readonly maps: Health<MapsHealth>
  readonly configuration: Health<ConfigurationHealth>
  /** Absent for a gateway that is alone with its machines. */
  readonly pair?: Health<PairHealth> | undefined
  /** What becomes of what waits, by the name of the route; absent where nobody watches it. */
  readonly forecasts?: ReadonlyMap<string, RouteForecast>
  /** When the badges were last read from central, ms since 1970. */
  readonly usersReadAtMs: number | null
  /** Of the gateway's own parts. */
  readonly own: readonly Trouble[]
}

interface Degraded {
  readonly code: string
  readonly what: string
  readonly hint?: string
  readonly since: string | null
  readonly device?: string
  readonly scanner?: string
  readonly machine?: string
  readonly signal?: string
}

/**
 * The JSON of `status --json` and `/status`, whose names other people's programs rely on. Moments are UTC texts, ages are in
 * seconds and sizes in bytes.
 */
export interface StatusReport extends ScanningReport {
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
  readonly routes: readonly {
    readonly route: string
    readonly must: string
    readonly state: string
    readonly since: string
    readonly cause?: string
    readonly pending: number
    readonly missed: number
    /** Events that the destination refused for themselves. */
    readonly quarantined: number
    readonly forecast?: RouteForecast
  }[]
  /** Of a gateway that shares its machines with another one. */
  readonly pair?: PairReport
  readonly outbox: {
    readonly pending: number
    readonly oldest_s: number | null
    readonly bytes: number
    readonly max_bytes: number
  }
  /** Rows that central refused for themselves; `refused` names the first few machines and reasons. */
  readonly quarantine: {
    readonly count: number
    readonly refused: readonly {
      readonly machine: string
      readonly reason: string
      readonly count: number
    }[]
  }
  readonly machines: readonly MachineReport[]
  readonly devices: readonly {
    readonly device: string
    readonly state: string
    readonly since: string
    readonly error?: string
    readonly remark?: string
  }[]
  /** Every signal that is not good, whether or not a rule reads it. */
  readonly signals: readonly {
    readonly machine: string | null
    readonly signal: string
    readonly device: string
    readonly quality: string
    readonly detail: string
    readonly since: string
    /** Whether something depends on it: it is named in `degraded` then, as far as that has room. */
    readonly needed: boolean
  }[]
  /** How many more there are than `signals` names. */
  readonly signals_more: number
  readonly configuration: ConfigurationReport
  /** Files that are not read although they look like device maps. They do not degrade anything. */
  readonly passed_over: readonly { readonly file: string; readonly what: string; readonly hint?: string }[]
}

/** `startedAtMs` and `nowMs` are ms since 1970. */
export function composeReport(parts: ReportParts): StatusReport {
  const { gateway, version, startedAtMs, nowMs } = parts
  const troubles = troublesOf(parts)
  const needed = new Set(troubles.map(({ device, signal }) => `${device} ${signal}`))
  const degraded = bounded(troubles).map(degradedOf)
  const signals = signalsOf(parts)
  return {
    gateway,
    version,
    uptime_s: Math.round((nowMs - startedAtMs) / 1000),
    healthy: degraded.length === 0,
    degraded,
    central: centralReport(parts),
    routes: [...parts.routes.map(({ summary }) => summary), ...parts.routeFiles.summary].map((route) =>
      routeReport(route, parts),
    ),
    ...(parts.pair && { pair: pairReport(parts.pair.summary, nowMs) }),
    outbox: outboxReport(parts),
    quarantine: quarantineReport(parts),
    machines: parts.machines.map(({ summary }) => machineReport(summary, parts)),
    devices: parts.devices.summary.map(deviceReport),
    signals: signals.slice(0, SIGNALS_MAX).map((one) => signalReport(one, needed)),
    signals_more: Math.max(0, signals.length - SIGNALS_MAX),
    configuration: configurationReport(parts.configuration.summary),
    passed_over: parts.maps.summary.passedOver.map(({ file, message, hint }) => ({
      file,
      what: message,
      ...(hint === undefined ? {} : { hint }),
    })),
    ...scanningReport(parts),
  }
}

/** Everything that is wrong, in the order of the report. */
export function troublesOf({
  routes,
  routeFiles,
  outbox,
  machines,
  devices,
  scanners,
  stations,
  maps,
  configuration,
  pair,
  own,
}: ReportParts): readonly Trouble[] {
  const parts = [...routes, routeFiles, outbox, ...machines, devices, scanners, ...stations, maps]
  return [...[...parts, configuration].flatMap(({ troubles }) => troubles), ...(pair?.troubles ?? []), ...own]
}

/** A plant whose devices all went bad at once is shown in a page: the rest of its kind is counted. */
function bounded(troubles: readonly Trouble[]): readonly Trouble[] {
  return [...Map.groupBy(troubles, ({ code }) => code)].flatMap(([code, alike]) => {
    if (alike.length <= ALIKE_MAX) return alike
    const what = `and ${alike.length - ALIKE_MAX} more of this kind`
    return [...alike.slice(0, ALIKE_MAX), { code, what, sinceMs: null }]
  })
}

interface OwnedSignal {
  readonly owner: Owner
  readonly signal: SignalHealth
}

/** What a device says of its signals, and what good values do not mean to their machine. */
function signalsOf({ devices, machines }: ReportParts): readonly OwnedSignal[] {
  return [
    ...devices.summary.flatMap(({ subject, signals }) => owned(subject, signals)),
    ...machines.flatMap(({ summary }) => owned(machineOwner(summary.machine), summary.signals)),
  ]
}

function owned(owner: Owner, signals: readonly SignalHealth[]): readonly OwnedSignal[] {
  return signals.map((signal) => ({ owner, signal }))
}

function signalReport(
  { owner, signal: { sinceMs, ...signal } }: OwnedSignal,
  needed: ReadonlySet<string>,
): StatusReport['signals'][number] {
  return {
    machine: isMachine(owner) ? ownerCode(owner) : null,
    ...signal,
    since: utcText(sinceMs),
    needed: needed.has(`${signal.device} ${signal.signal}`),
  }
}

function degradedOf({ sinceMs, ...trouble }: Trouble): Degraded {
  return { ...trouble, since: sinceMs === null ? null : utcText(sinceMs) }
}

function centralReport({ routes, outbox, nowMs }: ReportParts): StatusReport['central'] {
  const { state, sinceMs, cause, lastSeq, clockOffsetMs } = routes[0].summary
  return {
    state,
    since: utcText(sinceMs),
    ...(cause === undefined ? {} : { cause }),
    last_seq: lastSeq,
    lag_s: secondsSince(outbox.summary.oldestPendingAtMs, nowMs) ?? 0,
    clock_offset_ms: clockOffsetMs,
  }
}

function routeReport(
  {
    route,
    must,
    state,
    sinceMs,
    cause,
    quarantineCount = 0,
  }: RouteHealth & Partial<Pick<UploadHealth, 'quarantineCount'>>,
  { outbox, forecasts }: ReportParts,
): StatusReport['routes'][number] {
  const forecast = forecasts?.get(route)
  const consumer = outbox.summary.consumers.find(({ name }) => name === route)
  return {
    route,
    must,
    state,
    since: utcText(sinceMs),
    ...(cause === undefined ? {} : { cause }),
    pending: consumer?.pending ?? 0,
    missed: consumer?.missed ?? 0,
    quarantined: quarantineCount,
    ...(forecast && { forecast }),
  }
}

function quarantineReport({ routes }: ReportParts): StatusReport['quarantine'] {
  const { quarantineCount, refused } = routes[0].summary
  return { count: quarantineCount, refused }
}

function outboxReport({ outbox: { summary }, nowMs }: ReportParts): StatusReport['outbox'] {
  const { pending, oldestPendingAtMs, bytes, maxBytes } = summary
  return { pending, oldest_s: secondsSince(oldestPendingAtMs, nowMs), bytes, max_bytes: maxBytes }
}

function deviceReport(health: DeviceHealth): StatusReport['devices'][number] {
  const { device, state, sinceMs, error, remark } = health
  return {
    device,
    state,
    since: utcText(sinceMs),
    ...(error !== undefined && { error }),
    ...(remark !== undefined && { remark }),
  }
}
