/**
 * `millrace buffer audit`: whether central holds, row by row and once, what it has acknowledged, and whether the local log is
 * what was written. It only reads, and works beside a running gateway: what looks wrong is looked at a second time, because
 * the gateway may have pushed in between. Rows older than the kept events are not seen.
 */
import { parseArgs } from 'node:util'
import { compareRow, differencesOf, type Finding, rowsInCentral } from '../../audit/compare-rows.ts'
import { createExpectedRows, type ExpectedRow, rowName, rowOf, tableOf } from '../../audit/expected-rows.ts'
import { type LogReader, openLogReader } from '../../buffer/log-reader.ts'
import { CENTRAL } from '../../gateway.ts'
import { type Ledger, openLedger } from '../../routes/mes/ledger.ts'
import { CONFIG_OPTION } from '../options.ts'
import { setAside, timeOf } from './quarantine.ts'
import { type Action, jsonLine, NONE_OPEN, openSite, SOME_OPEN } from './site.ts'

/** Rows compared at a time. */
const BATCH_ROWS = 500
/** After so many findings the comparison ends: something is wrong with the whole, and not with rows. */
const FINDINGS_MAX = 10_000

export interface AuditReport {
  readonly incarnation: string
  readonly acknowledged: number
  /** Where central stands in this log; null when it knows no stream of this gateway. */
  readonly central: { readonly incarnation: string; readonly epoch: number; readonly seq: number } | null
  /** False when central stands in another log, or before what it acknowledged. */
  readonly inStep: boolean
  /** What is wrong with the log itself. */
  readonly chain: readonly string[]
  readonly compared: number
  /** Whether all kept rows were compared, and not only those before the last finding. */
  readonly complete: boolean
  readonly findings: readonly Finding[]
}

export const audit: Action = async (context) => {
  const options = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const site = openSite(values, context)
  using log = openLogReader(site.outbox.file)
  await using ledger = await openLedger(site.settings, context.signal)
  const report = await auditLog(log, ledger, context.signal)
  context.out(values.json ? jsonLine(asJson(report)) : describe(report))
  const clean = report.inStep && report.complete && report.chain.length + report.findings.length === 0
  return clean ? NONE_OPEN : SOME_OPEN
}

export async function auditLog(log: LogReader, ledger: Ledger, signal: AbortSignal): Promise<AuditReport> {
  // First the log's word, then central's: what central acknowledges meanwhile is not expected of it.
  const acknowledged = log.acknowledged(CENTRAL.name)
  const head = await ledger.head()
  const first = await compareAll(log, ledger, acknowledged, signal)
  const findings = await lookAgain(log, ledger, acknowledged, first.findings)
  return {
    ...first,
    findings,
    incarnation: log.identity.incarnation,
    acknowledged,
    central: head ? { incarnation: head.incarnation, epoch: head.epoch, seq: head.seq } : null,
    inStep: head
      ? head.incarnation === log.identity.incarnation && head.seq >= acknowledged
      : acknowledged === 0,
  }
}

async function compareAll(
  log: LogReader,
  ledger: Ledger,
  acknowledged: number,
  signal: AbortSignal,
): Promise<Pick<AuditReport, 'chain' | 'compared' | 'complete' | 'findings'>> {
  const chain: string[] = []
  const findings: Finding[] = []
  let batch: ExpectedRow[] = []
  let compared = 0
  const rows = createExpectedRows((row) => batch.push(row))
  const compareBatch = async () => {
    const inCentral = await rowsInCentral(ledger, batch)
    findings.push(...batch.flatMap((row) => compareRow(row, inCentral) ?? []))
    compared += batch.length
    batch = []
  }
  for (const page of log.pages()) {
    chain.push(...page.faults)
    for (const stored of page.events) if (stored.seq <= acknowledged) rows.take(stored)
    if (batch.length >= BATCH_ROWS) await compareBatch()
    if (findings.length >= FINDINGS_MAX || signal.aborted)
      return { chain, compared, complete: false, findings }
  }
  rows.end()
  await compareBatch()
  return { chain, compared, complete: true, findings }
}

/**
 * Central first, then the log up to its present end: whatever central has was stored here before. A row is right when it is
 * as the log says, or as it became by an event that was pushed meanwhile.
 */
async function lookAgain(
  log: LogReader,
  ledger: Ledger,
  acknowledged: number,
  suspects: readonly Finding[],
): Promise<readonly Finding[]> {
  if (suspects.length === 0) return []
  const byName = new Map(suspects.map(({ row }) => [rowName(row), row]))
  const inCentral = new Map<string, readonly Readonly<Record<string, unknown>>[]>()
  for (let at = 0; at < byName.size; at += BATCH_ROWS) {
    const part = await rowsInCentral(ledger, [...byName.values()].slice(at, at + BATCH_ROWS))
    for (const [name, rows] of part) inCentral.set(name, rows)
  }
  const quarantined = await quarantinedAmong(ledger, byName)
  const versions = versionsOf(log, byName, acknowledged)
  return [...byName].flatMap(([name, row]) => {
    const said = versions.get(name) ?? [row]
    const finding = compareRow(said[0] ?? row, inCentral)
    if (!finding) return []
    if (quarantined.has(name)) return [{ ...finding, kind: 'quarantined' as const }]
    const [found, ...more] = inCentral.get(name) ?? []
    const isLater =
      found && more.length === 0 && said.some(({ fields }) => differencesOf(fields, found).length === 0)
    return isLater ? [] : [finding]
  })
}

/** Each row as acknowledged, and as it became with every event after that. */
function versionsOf(
  log: LogReader,
  names: ReadonlyMap<string, ExpectedRow>,
  acknowledged: number,
): ReadonlyMap<string, readonly ExpectedRow[]> {
  const versions = new Map<string, ExpectedRow[]>()
  for (const { events } of log.pages()) {
    for (const stored of events) {
      const { event, seq } = stored
      const name = rowName({ table: tableOf(event), machine: event.machine, at: timeOf(event) })
      if (!names.has(name)) continue
      const before = versions.get(name) ?? []
      const row = rowOf(stored, before.at(-1))
      versions.set(name, seq <= acknowledged ? [row] : [...before, row])
    }
  }
  return versions
}

async function quarantinedAmong(
  ledger: Ledger,
  names: ReadonlyMap<string, ExpectedRow>,
): Promise<ReadonlySet<string>> {
  const quarantined = new Set<string>()
  for await (const { event } of setAside(ledger)) {
    const name = rowName({ table: tableOf(event), machine: event.machine, at: timeOf(event) })
    if (names.has(name)) quarantined.add(name)
  }
  return quarantined
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

function findingLine({ kind, row, differences }: Finding): string {
  const detail = differences.length > 0 ? `: ${differences.join('; ')}` : ''
  return `${kind.padEnd(11)}${row.table} ${row.machine} ${row.at} (event ${row.seq})${detail}`
}

function asJson({ findings, inStep, ...report }: AuditReport) {
  return {
    ...report,
    in_step: inStep,
    findings: findings.map(({ kind, row, differences }) => {
      const { table, machine, at, seq } = row
      return { kind, table, machine, at, seq, differences }
    }),
  }
}
