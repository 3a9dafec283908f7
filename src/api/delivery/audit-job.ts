/** Compares the local log with central at somebody's request: one comparison at a time, bounded, with its progress and its result. */
import { type AuditProgress, type AuditReport, auditLog } from '../../audit/audit.ts'
import { auditRoute, type RouteAudit } from '../../audit/audit-route.ts'
import type { RowFinding } from '../../audit/compare-rows.ts'
import { type LogReader, openLogReader } from '../../buffer/log-reader.ts'
import type { Route } from '../../domain/destination.ts'
import { withHint } from '../../domain/errors.ts'
import { utcText } from '../../domain/instant.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import { CENTRAL } from '../../routes/mes/route.ts'
import type { AuditJobShape, AuditResultShape } from './shapes.ts'
import { boundedly, faultOf, type VisitParts } from './visits.ts'

const FINDINGS_SHOWN = 300
/** The whole log of a month takes minutes; what takes longer is ended, and the result says that it is not whole. */
const AUDIT_MAX_MS = 15 * 60_000
const ROUTE_MAX_MS = 20_000

/** The comparison, whether it runs or not. */
interface AuditJob {
  readonly standing: AuditJobShape
  /** Starts it, unless it runs already. @returns whether it was started */
  start(by: string): boolean
  /** Ends it; what was found until then is kept. */
  stop(): void
}

interface AuditParts extends VisitParts {
  /** The file of the local log. */
  readonly logFile: string
}

const NEVER: AuditJobShape = {
  state: 'never',
  started_at: null,
  ended_at: null,
  by: null,
  progress: null,
  result: null,
  fault: null,
}

/** @param signal ends it when the gateway stops */
export function createAuditJob(parts: AuditParts, signal: AbortSignal): AuditJob {
  let standing = NEVER
  let stop = new AbortController()
  const now = () => utcText(parts.clock.now().wallMs)

  async function run(until: AbortSignal): Promise<void> {
    try {
      const result = await comparison(parts, until, (progress) => {
        standing = { ...standing, progress }
      })
      const state = stop.signal.aborted ? 'stopped' : 'done'
      standing = { ...standing, state, ended_at: now(), result }
    } catch (error) {
      const state = stop.signal.aborted ? 'stopped' : 'failed'
      const fault = state === 'failed' ? faultOf(error) : null
      standing = { ...standing, state, ended_at: now(), fault }
    }
  }

  return {
    get standing() {
      return standing
    },
    start: (by) => {
      if (standing.state === 'running') return false
      stop = new AbortController()
      standing = { ...NEVER, state: 'running', started_at: now(), by }
      void run(AbortSignal.any([signal, stop.signal]))
      return true
    },
    stop: () => stop.abort(),
  }
}

type Told = (progress: NonNullable<AuditJobShape['progress']>) => void

async function comparison(parts: AuditParts, signal: AbortSignal, tell: Told): Promise<AuditResultShape> {
  const { clock, settings, logFile, visit } = parts
  using log = openLogReader(logFile)
  const tooLong = new AbortController()
  const callOff = clock.after(AUDIT_MAX_MS, () => tooLong.abort())
  const until = AbortSignal.any([signal, tooLong.signal])
  try {
    await using ledger = await openLedger(settings, until, log.recipient(CENTRAL))
    const onPage = gentle(parts, (progress) => tell(progressShape(progress)))
    const report = await auditLog(log, ledger, until, { onPage })
    tell({ phase: 'routes', ...placeOf(report) })
    const others = visit().routes.slice(1)
    const routes = await Promise.all(others.map((route) => auditOf(route, { log, parts, signal: until })))
    return resultShape(report, routes)
  } finally {
    callOff()
  }
}

/** The log is read on the thread that polls: as long as a page has taken, that one has for itself. */
function gentle({ clock }: VisitParts, onProgress: (progress: AuditProgress) => void) {
  let lastMs = clock.now().monoMs
  return async (progress: AuditProgress): Promise<void> => {
    onProgress(progress)
    await clock.sleep(Math.max(1, clock.now().monoMs - lastMs))
    lastMs = clock.now().monoMs
  }
}

function progressShape({ phase, seq, lastSeq, compared, findings }: AuditProgress) {
  return { phase, seq, last_seq: lastSeq, compared, findings }
}

function placeOf({ acknowledged, compared, findings }: AuditReport) {
  return { seq: acknowledged, last_seq: acknowledged, compared, findings: findings.length }
}

type RouteResult = AuditResultShape['routes'][number]

async function auditOf(
  route: Route,
  {
    log,
    parts,
    signal,
  }: { readonly log: LogReader; readonly parts: AuditParts; readonly signal: AbortSignal },
): Promise<RouteResult> {
  const bounds = { clock: parts.clock, maxMs: ROUTE_MAX_MS, signal }
  try {
    return routeShape(await boundedly(route.name, (until) => auditRoute(route, log, until), bounds))
  } catch (error) {
    const { what, hint } = faultOf(error)
    const fault = withHint(what, hint ?? undefined)
    return { route: route.name, in_step: false, pending: 0, quarantined: 0, fault }
  }
}

function routeShape({ route, inStep, pending, quarantined }: RouteAudit): RouteResult {
  return { route, in_step: inStep, pending, quarantined, fault: null }
}

function resultShape(report: AuditReport, routes: readonly RouteResult[]): AuditResultShape {
  const { acknowledged, central, inStep, chain, compared, complete, findings } = report
  const areClean = routes.every((one) => one.fault === null && one.in_step && one.quarantined === 0)
  const counts = Map.groupBy(findings, ({ kind }) => kind)
  const missing = (counts.get('missing') ?? []).map(({ expected }) => expected.seq)
  return {
    is_clean: areClean && inStep && complete && chain.length + findings.length === 0,
    acknowledged,
    central: central && { incarnation: central.incarnation, seq: central.seq },
    in_step: inStep,
    chain: chain.slice(0, FINDINGS_SHOWN),
    compared,
    complete,
    counts: Object.fromEntries([...counts].map(([kind, alike]) => [kind, alike.length])),
    findings: findings.slice(0, FINDINGS_SHOWN).map(findingShape),
    resend: inStep && missing.length > 0 ? rangeOf(missing) : null,
    routes: [...routes],
  }
}

function rangeOf(seqs: readonly number[]): { readonly from: number; readonly to: number } {
  const sorted = seqs.toSorted((a, b) => a - b)
  return { from: sorted[0] ?? 0, to: sorted.at(-1) ?? 0 }
}

function findingShape({ kind, expected, differences }: RowFinding): AuditResultShape['findings'][number] {
  const { table, row, seq } = expected
  const about = String(row.machine ?? row.scanner ?? '')
  return { kind, table: table.name, about, at: String(row.at ?? ''), seq, differences: [...differences] }
}
