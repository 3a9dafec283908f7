/** `millrace buffer audit`: the local log against central, row by row; see `src/audit/`. */
import { parseArgs } from 'node:util'
import { type AuditReport, auditLog } from '../../audit/audit.ts'
import type { RowFinding } from '../../audit/compare-rows.ts'
import { openLogReader } from '../../buffer/log-reader.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import { CENTRAL } from '../../routes/mes/route.ts'
import { CONFIG_OPTION } from '../options.ts'
import { type Action, jsonLine, NONE_OPEN, openSite, SOME_OPEN } from './site.ts'

export const audit: Action = async (context) => {
  const options = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const site = openSite(values, context)
  using log = openLogReader(site.outbox.file)
  await using ledger = await openLedger(site.settings, context.signal, log.recipient(CENTRAL))
  const report = await auditLog(log, ledger, context.signal)
  context.out(values.json ? jsonLine(asJson(report)) : describe(report))
  if (!values.json) context.err(nextSteps(report))
  const clean = report.inStep && report.complete && report.chain.length + report.findings.length === 0
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

function asJson({ findings, inStep, ...report }: AuditReport) {
  return {
    ...report,
    in_step: inStep,
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
