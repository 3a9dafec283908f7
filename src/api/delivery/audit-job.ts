/** Compares the local log with central at somebody's request: one comparison at a time, bounded, with its progress and its result. */
import { type AuditedSides, auditInThread } from '../../audit/thread/audit-thread.ts'
import type { Comparison, Progress, RouteOutcome } from '../../audit/thread/messages.ts'
import { withHint } from '../../domain/errors.ts'
import { utcText } from '../../domain/instant.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import type { AuditJobShape, AuditResultShape } from './shapes.ts'
import { boundedly, faultOf, type VisitParts } from './visits.ts'

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

  async function run(): Promise<void> {
    try {
      const tell = (progress: Progress) => {
        standing = { ...standing, progress: progressShape(progress) }
      }
      const result = resultShape(await comparison(parts, { signal, stopped: stop.signal }, tell))
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
      void run()
      return true
    },
    stop: () => stop.abort(),
  }
}

interface Ends {
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal
  /** Aborted when somebody ends the comparison. */
  readonly stopped: AbortSignal
}

async function comparison(
  parts: AuditParts,
  { signal, stopped }: Ends,
  onProgress: (progress: Progress) => void,
): Promise<Comparison> {
  const { clock, settings, logFile, visit } = parts
  const tooLong = new AbortController()
  const callOff = clock.after(AUDIT_MAX_MS, () => tooLong.abort())
  const enough = AbortSignal.any([stopped, tooLong.signal])
  const until = AbortSignal.any([signal, enough])
  const sides: AuditedSides = {
    logFile,
    openLedger: (last) => openLedger(settings, until, last),
    routes: async () => (await visit()).routes.slice(1),
    boundedly: (route, audit) => boundedly(route, audit, { clock, maxMs: ROUTE_MAX_MS, signal: until }),
  }
  try {
    return await auditInThread(sides, { enough, signal, onProgress })
  } finally {
    callOff()
  }
}

function progressShape({ phase, seq, lastSeq, compared, findings }: Progress) {
  return { phase, seq, last_seq: lastSeq, compared, findings }
}

function routeShape(outcome: RouteOutcome): AuditResultShape['routes'][number] {
  const { route } = outcome
  if ('fault' in outcome) {
    const { message, hint } = outcome.fault
    return { route, in_step: false, pending: 0, quarantined: 0, fault: withHint(message, hint) }
  }
  const { inStep, pending, quarantined } = outcome
  return { route, in_step: inStep, pending, quarantined, fault: null }
}

function resultShape(compared: Comparison): AuditResultShape {
  const { central, inStep, complete, chain, counts, findings, missing } = compared
  const routes = compared.routes.map(routeShape)
  const areClean = routes.every((one) => one.fault === null && one.in_step && one.quarantined === 0)
  return {
    is_clean: areClean && inStep && complete && chain.length + findings.length === 0,
    acknowledged: compared.acknowledged,
    central: central && { incarnation: central.incarnation, seq: central.seq },
    in_step: inStep,
    chain: [...chain],
    compared: compared.compared,
    complete,
    counts: { ...counts },
    findings: findings.map((found) => ({ ...found, differences: [...found.differences] })),
    resend: inStep ? missing : null,
    routes,
  }
}
