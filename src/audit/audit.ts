/**
 * Finds out whether central holds, row by row and once, what it has acknowledged, and whether the local log is what was written.
 * It only reads, and works beside a running gateway: what looks wrong is compared a second time, because the gateway may have
 * pushed in between. Rows older than the kept events are not compared.
 */
import type { LogReader } from '../buffer/log-reader.ts'
import type { QuarantinedEvent } from '../domain/destination.ts'
import { allQuarantined, type Ledger } from '../routes/mes/ledger.ts'
import { CENTRAL } from '../routes/mes/route.ts'
import { MES_TABLES } from '../routes/mes/tables/index.ts'
import { type MesRow, type MesTable, tableOf } from '../routes/mes/tables/table.ts'
import { compareRow, differencesOf, type RowFinding, rowsInCentral } from './compare-rows.ts'
import { createExpectedRows, type ExpectedRow, rowAfter, rowName } from './expected-rows.ts'

/** Rows compared at a time. */
const BATCH_ROWS = 500
/** After so many findings the comparison ends: something is wrong with the whole, and not with rows. */
const FINDINGS_MAX = 10_000

/** What an audit has found. */
export interface AuditReport {
  readonly incarnation: string
  /** The last event that central has acknowledged, as the log says. */
  readonly acknowledged: number
  /** How far central has come, and in which log; null when it knows no stream of this gateway. */
  readonly central: { readonly incarnation: string; readonly epoch: number; readonly seq: number } | null
  /** False when central follows another log, or has not come as far as it acknowledged. */
  readonly inStep: boolean
  /** What is wrong with the log itself. */
  readonly chain: readonly string[]
  readonly compared: number
  /** Whether all kept rows were compared, and not only those before the last finding. */
  readonly complete: boolean
  readonly findings: readonly RowFinding[]
}

/** How far an audit has come. */
export interface AuditProgress {
  /** `rows`: all are compared; `again`: what looked wrong is looked at a second time. */
  readonly phase: 'rows' | 'again'
  /** The last event that was looked at. */
  readonly seq: number
  /** The last one that is looked at. */
  readonly lastSeq: number
  readonly compared: number
  readonly findings: number
}

/** What an audit asks of central. */
export type CentralSays = Pick<Ledger, 'head' | 'rows' | 'quarantined' | 'discarded'>

interface AuditOptions {
  readonly tables?: readonly MesTable[]
  /** Told after each page of the log, and waited for: whoever shares the disk with others lets them have their turn there. */
  readonly onPage?: (progress: AuditProgress) => Promise<void>
}

/**
 * Compares the log with central.
 * @param signal ends the comparison early; what was found until then is in the report
 * @throws DestinationError when central cannot be asked; StoreError when the log cannot be read
 */
export async function auditLog(
  log: LogReader,
  ledger: CentralSays,
  signal: AbortSignal,
  { tables = MES_TABLES, onPage = () => Promise.resolve() }: AuditOptions = {},
): Promise<AuditReport> {
  const sides: Sides = { log, ledger, tables, onPage }
  // The log is asked first: what central takes between the two questions is then not expected of it.
  const acknowledged = log.acknowledged(CENTRAL)
  const head = await ledger.head()
  const first = await compareAll(sides, acknowledged, signal)
  const findings = await lookAgain(sides, { acknowledged, compared: first.compared }, first.findings)
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

/** What is compared: the local log with central, in these tables. */
interface Sides {
  readonly log: LogReader
  readonly ledger: CentralSays
  readonly tables: readonly MesTable[]
  readonly onPage: Required<AuditOptions>['onPage']
}

async function compareAll(
  { log, ledger, tables, onPage }: Sides,
  acknowledged: number,
  signal: AbortSignal,
): Promise<Pick<AuditReport, 'chain' | 'compared' | 'complete' | 'findings'>> {
  const chain: string[] = []
  const findings: RowFinding[] = []
  let batch: ExpectedRow[] = []
  let compared = 0
  const rows = createExpectedRows(tables, (row) => batch.push(row))
  const compareBatch = async () => {
    const inCentral = await rowsInCentral(ledger, batch)
    findings.push(...batch.flatMap((row) => compareRow(row, inCentral) ?? []))
    compared += batch.length
    batch = []
  }
  for (const page of log.pages(0, CENTRAL)) {
    chain.push(...page.faults)
    for (const stored of page.events) if (stored.seq <= acknowledged) rows.take(stored)
    if (batch.length >= BATCH_ROWS) await compareBatch()
    const { seq = acknowledged } = page.events.at(-1) ?? {}
    await onPage({
      phase: 'rows',
      seq,
      lastSeq: Math.max(acknowledged, seq),
      compared,
      findings: findings.length,
    })
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
  { log, ledger, tables, onPage }: Sides,
  { acknowledged, compared }: { readonly acknowledged: number; readonly compared: number },
  suspects: readonly RowFinding[],
): Promise<readonly RowFinding[]> {
  if (suspects.length === 0) return []
  const again = () =>
    onPage({ phase: 'again', seq: acknowledged, lastSeq: acknowledged, compared, findings: suspects.length })
  const byName = new Map(suspects.map(({ expected }) => [rowName(expected.table, expected.row), expected]))
  const inCentral = new Map<string, readonly MesRow[]>()
  for (let at = 0; at < byName.size; at += BATCH_ROWS) {
    const part = await rowsInCentral(ledger, [...byName.values()].slice(at, at + BATCH_ROWS))
    for (const [name, rows] of part) inCentral.set(name, rows)
  }
  const quarantined = await namesAmong(tables, byName, allQuarantined(ledger))
  const discarded = await namesAmong(tables, byName, await ledger.discarded())
  const versions = await versionsOf({ log, tables, onPage: again }, byName, acknowledged)
  return [...byName].flatMap(([name, row]) => {
    const versionsOfRow = versions.get(name) ?? [row]
    const finding = compareRow(versionsOfRow[0] ?? row, inCentral)
    if (!finding) return []
    if (discarded.has(name)) return []
    if (quarantined.has(name)) return [{ ...finding, kind: 'quarantined' as const }]
    return isLaterVersion(versionsOfRow, inCentral.get(name) ?? []) ? [] : [finding]
  })
}

function isLaterVersion(versions: readonly ExpectedRow[], inCentral: readonly MesRow[]): boolean {
  const [found, ...more] = inCentral
  if (!found || more.length > 0) return false
  return versions.some(({ table, row }) => differencesOf(table, row, found).length === 0)
}

/** Each row as acknowledged, and as it became with every event after that. */
async function versionsOf(
  { log, tables, onPage }: Pick<Sides, 'log' | 'tables'> & { readonly onPage: () => Promise<void> },
  names: ReadonlyMap<string, ExpectedRow>,
  acknowledged: number,
): Promise<ReadonlyMap<string, readonly ExpectedRow[]>> {
  const versions = new Map<string, ExpectedRow[]>()
  for (const { events } of log.pages(0, CENTRAL)) {
    for (const stored of events) {
      const table = tableOf(tables, stored.event)
      if (!table) continue
      const name = rowName(table, table.row(stored.event))
      if (!names.has(name)) continue
      const before = versions.get(name) ?? []
      const row = rowAfter(tables, stored, before.at(-1))
      if (row) versions.set(name, stored.seq <= acknowledged ? [row] : [...before, row])
    }
    await onPage()
  }
  return versions
}

/** Which of the rows these events are about. */
async function namesAmong(
  tables: readonly MesTable[],
  names: ReadonlyMap<string, ExpectedRow>,
  events: AsyncIterable<QuarantinedEvent> | Iterable<QuarantinedEvent>,
): Promise<ReadonlySet<string>> {
  const among = new Set<string>()
  for await (const { event } of events) {
    const table = tableOf(tables, event)
    const name = table && rowName(table, table.row(event))
    if (name !== undefined && names.has(name)) among.add(name)
  }
  return among
}
