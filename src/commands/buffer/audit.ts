/** `millrace buffer audit`: the local log against central, row by row; see `src/audit/`. */
import { parseArgs } from 'node:util'
import { type AuditReport, auditLog } from '../../audit/audit.ts'
import { auditRoute, placeIn, type RouteAudit } from '../../audit/audit-route.ts'
import type { RowFinding } from '../../audit/compare-rows.ts'
import { openLogReader } from '../../buffer/log-reader.ts'
import type { Route } from '../../domain/destination.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import { CENTRAL } from '../../routes/mes/route.ts'
import { CONFIG_OPTION } from '../options.ts'
import { withEach } from './named-routes.ts'
import { type Action, jsonLine, NONE_OPEN, openSite, SOME_OPEN } from './site.ts'

export const audit: Action = async (context) => {
  const options = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const site = openSite(values, context)
  using log = openLogReader(site.outbox.file)
  await using ledger = await openLedger(site.settings, context.signal, log.recipient(CENTRAL))
  const report = await auditLog(log, ledger, context.signal)
  const others = site.routes.slice(1)
  const auditOf = (route: Route) => auditRoute(route, placeIn(log, route.name), context.signal)
  const { results: routes, arePassedOver } = await withEach(others, context, auditOf, false)
  context.out(values.json ? jsonLine(asJson(report, routes)) : describe(report) + describeRoutes(routes))
  if (!values.json) context.err(nextSteps(report))
  const areClean = !arePassedOver && routes.every(({ inStep, quarantined }) => inStep && quarantined === 0)
  const clean =
    areClean && report.inStep && report.complete && report.chain.length + report.findings.length === 0
  return clean ? NONE_OPEN : SOME_OPEN
}

function describe(report: AuditReport): string {
  const { acknowledged, central, inStep, chain, compared, complete, findings } = report
  const place = central
    ? `stands at event ${central.seq} of ${central.incarnation}`
    : 'has no stream of this gateway'
  const lines = [
    `log        ${report.incarnation}, acknowledged up to event ${acknowledged}`,
    `central    ${place}${inStep ? '' : ': NOT where this log was acknowledged; millrace status says why'}`,
    ...(chain.length === 0 ? ['chain      intact'] : chain.map((fault) => `chain      BROKEN: ${fault}`)),
    `rows       ${compared} compared, ${findings.length} not as they should be${complete ? '' : '; not all were looked at'}`,
    ...findings.map(findingLine),
  ]
  return `${lines.join('\n')}\n`
}

function describeRoutes(routes: readonly RouteAudit[]): string {
  const lines = routes.map(({ route, acknowledged, stands, inStep, pending, quarantined }) => {
    const place = stands
      ? `stands at event ${stands.seq} of ${stands.incarnation}`
      : 'has no stream of this gateway'
    const step = inStep
      ? ''
      : `: NOT where this log was acknowledged (event ${acknowledged}); millrace status says why`
    return `route      ${route} ${place}${step}; ${pending} pending, ${quarantined} in quarantine\n`
  })
  return routes.length === 0
    ? ''
    : `${lines.join('')}           rows of these are not compared: what they become is the site's own\n`
}

/** What to do about rows that are missing, of which the log still has the events. */
function nextSteps({ inStep, findings }: AuditReport): string {
  const seqs = findings.filter(({ kind }) => kind === 'missing').map(({ expected }) => expected.seq)
  if (!inStep || seqs.length === 0) return ''
  const [from, to] = [Math.min(...seqs), Math.max(...seqs)]
  return `rows that are missing are sent again with:\n  millrace buffer resend --from ${from} --to ${to}\n`
}

/** Wider than `quarantined`, the longest word. */
const KIND_WIDTH = 12

function findingLine({ kind, expected, differences }: RowFinding): string {
  const { table, row, seq } = expected
  const detail = differences.length > 0 ? `: ${differences.join('; ')}` : ''
  return `${kind.padEnd(KIND_WIDTH)}${table.name} ${row.machine ?? row.scanner} ${row.at} (event ${seq})${detail}`
}

function asJson({ findings, inStep, ...report }: AuditReport, routes: readonly RouteAudit[]) {
  return {
    ...report,
    in_step: inStep,
    routes: routes.map(({ inStep: isInStep, ...route }) => ({ ...route, in_step: isInStep })),
    findings: findings.map(({ kind, expected, differences }) => {
      const { table, row, seq } = expected
      return {
        kind,
        table: table.name,
        machine: row.machine,
        scanner: row.scanner,
        at: row.at,
        seq,
        differences,
      }
    }),
  }
}
