/** The thread that compares the log with central: it begins with an audit and is ended with it, so that no poll waits for what it reads. */
import { parentPort, workerData } from 'node:worker_threads'
import { type LogReader, openLogReader } from '../../buffer/log-reader.ts'
import { CENTRAL } from '../../routes/mes/route.ts'
import { systemClock } from '../../runtime/clock.ts'
import { OpenCalls } from '../../runtime/open-calls.ts'
import type { ThreadFault } from '../../runtime/thread-link.ts'
import { type AuditProgress, type AuditReport, auditLog, type CentralSays } from '../audit.ts'
import { placeIn } from '../audit-route.ts'
import {
  AuditFault,
  type AuditQuestions,
  type AuditSetup,
  type Comparison,
  type FoundRow,
  type FromThread,
  type RouteOutcome,
  sendable,
  type ToThread,
} from './messages.ts'

const FINDINGS_SENT = 300

const stop = new AbortController()
const asked = new OpenCalls<ThreadFault>((fault) => new AuditFault(fault))
let lastId = 0

parentPort?.on('message', (told: ToThread) => {
  if (told.kind === 'stop') stop.abort()
  else asked.settle(told.id, told.outcome)
})

async function compare({ logFile }: AuditSetup): Promise<Comparison> {
  using log = openLogReader(logFile)
  await ask('connect', log.recipient(CENTRAL))
  const report = await auditLog(log, central, stop.signal, { onPage: gentle() })
  return { ...shortened(report), routes: await auditRoutes(log, report) }
}

const central: CentralSays = {
  head: () => ask('head'),
  rows: ({ name }, keys) => ask('rows', name, keys),
  quarantined: (after, limit) => ask('quarantined', after, limit),
  discarded: () => ask('discarded'),
}

/** The log's own thread reads and writes the same disk: as long as a page has taken, that one has it for itself. */
function gentle() {
  let lastMs = systemClock.now().monoMs
  return async (progress: AuditProgress): Promise<void> => {
    send({ kind: 'progress', progress })
    await systemClock.sleep(Math.max(1, systemClock.now().monoMs - lastMs))
    lastMs = systemClock.now().monoMs
  }
}

async function auditRoutes(log: LogReader, report: AuditReport): Promise<readonly RouteOutcome[]> {
  const { acknowledged, compared, findings } = report
  const place = { seq: acknowledged, lastSeq: acknowledged, compared, findings: findings.length }
  send({ kind: 'progress', progress: { phase: 'routes', ...place } })
  const names = await ask('routes')
  return Promise.all(names.map((name) => ask('route', name, placeIn(log, name))))
}

function shortened(report: AuditReport): Omit<Comparison, 'routes'> {
  const { acknowledged, central: stands, inStep, compared, complete, chain, findings } = report
  const counts = Map.groupBy(findings, ({ kind }) => kind)
  return {
    acknowledged,
    central: stands,
    inStep,
    compared,
    complete,
    chain: chain.slice(0, FINDINGS_SENT),
    counts: Object.fromEntries([...counts].map(([kind, alike]) => [kind, alike.length])),
    findings: findings.slice(0, FINDINGS_SENT).map(foundRow),
    missing: rangeOf((counts.get('missing') ?? []).map(({ expected }) => expected.seq)),
  }
}

function foundRow({ kind, expected, differences }: AuditReport['findings'][number]): FoundRow {
  const { table, row, seq } = expected
  const about = String(row.machine ?? row.scanner ?? '')
  return { kind, table: table.name, about, at: String(row.at ?? ''), seq, differences }
}

function rangeOf(seqs: readonly number[]): Comparison['missing'] {
  const sorted = seqs.toSorted((a, b) => a - b)
  const [from, to] = [sorted[0], sorted.at(-1)]
  return from === undefined || to === undefined ? null : { from, to }
}

function ask<Name extends keyof AuditQuestions>(
  name: Name,
  ...args: Parameters<AuditQuestions[Name]>
): Promise<ReturnType<AuditQuestions[Name]>> {
  lastId += 1
  const answer = asked.answerTo(lastId)
  send({ kind: 'question', id: lastId, name, args })
  return answer as Promise<ReturnType<AuditQuestions[Name]>>
}

function send(message: FromThread): void {
  parentPort?.postMessage(message)
}

try {
  send({ kind: 'done', outcome: { ok: true, value: await compare(workerData as AuditSetup) } })
} catch (error) {
  send({ kind: 'done', outcome: { ok: false, fault: sendable(error) } })
}
