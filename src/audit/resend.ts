/**
 * Sends kept events again whose rows somebody has deleted in central. Only rows that are provably missing are written: under the lock
 * of the stream, which keeps the running gateway from writing meanwhile, each is looked for once more. So it is safe beside the
 * gateway, and running it again does no harm. What central's quarantine has, or people have given up, is not sent.
 */
import type { LogReader } from '../buffer/log-reader.ts'
import type { DestinationSession, DestinationTransaction, QuarantinedEvent } from '../domain/destination.ts'
import { DestinationError, StoreError, withHint } from '../domain/errors.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import { isStranger, kinship } from '../domain/recipient.ts'
import { allQuarantined, type Ledger } from '../routes/mes/ledger.ts'
import { CENTRAL } from '../routes/mes/route.ts'
import { MES_TABLES } from '../routes/mes/tables/index.ts'
import { qrCodeScans } from '../routes/mes/tables/qr-code-scans.ts'
import { columnsOf, isMachineTable, type MesRow, tableOf } from '../routes/mes/tables/table.ts'
import { rowsInCentral } from './compare-rows.ts'
import { type ExpectedRow, rowAfter, rowName } from './expected-rows.ts'

/** Rows looked for, and written, at a time: the gateway waits for the stream as long. */
const BATCH_ROWS = 200
/** Missing rows sent in one run. */
const ROWS_MAX = 10_000

/** What is sent again, and who asks for it. */
interface ResendOrder {
  readonly fromSeq: number
  readonly toSeq: number
  readonly by: string
}

/** What has come of it. */
interface Resent {
  readonly sent: number
  /** Rows that central refuses, and why. */
  readonly refused: readonly string[]
  /** Whether the whole range was looked at. */
  readonly complete: boolean
}

/** A row that central should have, with all its events that are kept. */
interface KeptRow {
  readonly expected: ExpectedRow
  readonly opening: StoredEvent
  readonly amendments: StoredEvent[]
}

interface Sides {
  readonly log: LogReader
  readonly ledger: Ledger
  readonly session: DestinationSession
}

/**
 * @throws DestinationError when central cannot be asked, or its stream is not this log's; StoreError when the log cannot be read, or
 * is not what was written
 */
export async function resend(sides: Sides, order: ResendOrder, signal: AbortSignal): Promise<Resent> {
  refuseStrangers(sides)
  const { missing, elsewhere } = await missingRows(sides, order, signal)
  collectAmendments(sides.log, missing)
  const rows = [...missing.values()]
  const refused = [...elsewhere]
  let sent = 0
  for (let at = 0; at < rows.length && !signal.aborted; at += BATCH_ROWS) {
    const batch = rows.slice(at, at + BATCH_ROWS)
    const outcome = await sides.session.transaction((transaction) =>
      sendMissing(transaction, sides, { ...order, batch }),
    )
    sent += outcome.sent
    refused.push(...outcome.refused)
  }
  return { sent, refused, complete: rows.length < ROWS_MAX && !signal.aborted }
}

/** A copy of central has our stream too, and is none that events were captured for. */
function refuseStrangers({ log, session }: Sides): void {
  const known = log.recipient(CENTRAL)
  const kin = known && session.recipient && kinship(known, session.recipient)
  if (kin === undefined || !isStranger(kin)) return
  throw new DestinationError('central-stranger', `nothing is sent to central as it is configured: ${kin}`, {
    refusal: 'wait',
    hint: 'millrace status says what has happened, and what to do',
  })
}

interface Missing {
  /** By their names. */
  readonly missing: ReadonlyMap<string, KeptRow>
  /** Rows that are there after all, under another machine's code, in words. */
  readonly elsewhere: readonly string[]
}

/** Rows of the range that are not in central now. */
async function missingRows(
  { log, ledger }: Sides,
  { fromSeq, toSeq }: ResendOrder,
  signal: AbortSignal,
): Promise<Missing> {
  const missing = new Map<string, KeptRow>()
  const elsewhere: string[] = []
  for (const page of provenPages(log, fromSeq - 1)) {
    const opened = page
      .flatMap((stored) => openedBy(stored) ?? [])
      .filter(({ opening }) => opening.seq <= toSeq)
    const absent = await absentFrom(ledger, opened)
    const codes = await codesElsewhere(ledger, absent, new Set(opened.map(nameOf)))
    for (const row of absent) {
      const code = codes.get(nameOf(row))
      if (code === undefined) missing.set(nameOf(row), row)
      else
        elsewhere.push(
          `${nameOf(row)} (event ${row.opening.seq}): central has it under "${code}": ${WHY_ELSEWHERE[row.expected.table.name] ?? 'was the machine renamed?'}`,
        )
    }
    const last = page.at(-1)
    if (!last || last.seq >= toSeq || missing.size >= ROWS_MAX || signal.aborted) break
  }
  return { missing: new Map([...missing].slice(0, ROWS_MAX)), elsewhere }
}

/** Of tables whose rows are no machine's. */
const WHY_ELSEWHERE: Readonly<Record<string, string>> = {
  [qrCodeScans.name]: 'has somebody edited its notes?',
}

/**
 * A machine that was renamed has kept its rows, and its code may be another machine's by now, who must not get them a second time. Nor
 * may a scan come twice whose notes somebody has edited. By the names of such rows, what they are under. `own` names the rows that the
 * log knows of other machines and stations.
 */
async function codesElsewhere(
  ledger: Ledger,
  absent: readonly KeptRow[],
  own: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const codes = new Map<string, string>()
  for (const [table, rows] of Map.groupBy(absent, ({ expected }) => expected.table)) {
    const keys = rows.map(({ expected }) => expected.row)
    const found = (await ledger.rowsAt(table, keys)).filter((row) => !own.has(rowName(table, row)))
    for (const row of rows) {
      const same = found.find((one) => isSame(row.expected, one))
      if (same) codes.set(nameOf(row), String(same[columnsOf(table, 'key')[0]?.field ?? '']))
    }
  }
  return codes
}

/** Notes of a machine's row begin with why the row began; what comes behind was learnt later. */
function isSame({ table, row }: ExpectedRow, found: MesRow): boolean {
  const fixed = columnsOf(table, 'fixed').every(
    ({ field }) => !(field in row) || !(field in found) || row[field] === found[field],
  )
  const isEdited = !isMachineTable(table)
  return (
    fixed &&
    row.at === found.at &&
    (isEdited || String(found.notes ?? '').startsWith(String(row.notes ?? '')))
  )
}

function openedBy(opening: StoredEvent): KeptRow | undefined {
  const expected = rowAfter(MES_TABLES, opening)
  return expected?.opening && { expected, opening, amendments: [] }
}

async function absentFrom(ledger: Ledger, rows: readonly KeptRow[]): Promise<readonly KeptRow[]> {
  const found = await rowsInCentral(
    ledger,
    rows.map(({ expected }) => expected),
  )
  return rows.filter((row) => !found.has(nameOf(row)))
}

function nameOf({ expected }: KeptRow): string {
  return rowName(expected.table, expected.row)
}

/** What the log says of these rows behind their openings. */
function collectAmendments(log: LogReader, rows: ReadonlyMap<string, KeptRow>): void {
  const [first] = rows.values()
  if (!first) return
  for (const page of provenPages(log, first.opening.seq)) {
    for (const stored of page) {
      const table = tableOf(MES_TABLES, stored.event)
      if (!table?.amends.includes(stored.event.kind)) continue
      rows.get(rowName(table, table.row(stored.event)))?.amendments.push(stored)
    }
  }
}

/** What a hash does not vouch for is never sent. */
function* provenPages(log: LogReader, afterSeq: number): Generator<readonly StoredEvent[]> {
  for (const { events, faults } of log.pages(afterSeq, CENTRAL)) {
    const [fault] = faults
    if (fault !== undefined)
      throw new StoreError('buffer-damaged', `buffer: the log is not what was written: ${fault}`, {
        retryable: false,
        hint: 'nothing more was sent; see "The local log was damaged" in docs/operations.md',
      })
    yield events
  }
}

async function sendMissing(
  transaction: DestinationTransaction,
  { log, ledger }: Sides,
  { batch, ...order }: ResendOrder & { readonly batch: readonly KeptRow[] },
): Promise<Pick<Resent, 'sent' | 'refused'>> {
  const upToSeq = streamOf(log, transaction)
  const settled = await settledOpenings(ledger)
  const missing = (await absentFrom(ledger, batch)).filter(
    (row) => row.opening.seq <= upToSeq && !settled.has(nameOf(row)),
  )
  const refused: string[] = []
  const seqs: number[] = []
  for (const row of missing) {
    const refusal = await refusalOf(transaction, eventsOf(row, upToSeq))
    if (refusal === undefined) seqs.push(row.opening.seq)
    else refused.push(`${nameOf(row)} (event ${row.opening.seq}): ${refusal}`)
  }
  if (seqs.length > 0)
    await transaction.record({ kind: 'resend', detail: { ...order, rows: seqs.length, seqs } })
  return { sent: seqs.length, refused }
}

/** How far central has come in this log. */
function streamOf(log: LogReader, { head }: DestinationTransaction): number {
  const { incarnation, epoch } = log.identity
  if (head?.incarnation === incarnation && head.epoch === epoch) return head.seq
  throw new DestinationError(
    'central-stream',
    "central's stream is not that of this log, so nothing can be proven to be missing there",
    { refusal: 'wait', hint: 'millrace status says why' },
  )
}

/** Openings that lie in quarantine and land from there, or that people have given up. */
async function settledOpenings(ledger: Ledger): Promise<ReadonlySet<string>> {
  const settled = new Set<string>()
  const add = ({ event }: QuarantinedEvent) => {
    const table = tableOf(MES_TABLES, event)
    if (table?.opens.includes(event.kind)) settled.add(rowName(table, table.row(event)))
  }
  for await (const row of allQuarantined(ledger)) add(row)
  for (const row of await ledger.discarded()) add(row)
  return settled
}

/** The row as it was when central had come so far; what comes later is the gateway's to send. */
function eventsOf({ opening, amendments }: KeptRow, upToSeq: number): readonly StoredEvent[] {
  const last = amendments.findLast(({ seq }) => seq <= upToSeq)
  return last ? [opening, last] : [opening]
}

/** Why central refuses a row for itself; undefined when it has taken it. */
async function refusalOf(
  transaction: DestinationTransaction,
  events: readonly StoredEvent[],
): Promise<string | undefined> {
  try {
    const [refused] = await transaction.apply(events, { guarded: true, landedBefore: true })
    return refused?.reason
  } catch (error) {
    if (error instanceof DestinationError && error.isAboutRows) return withHint(error.message, error.hint)
    throw error
  }
}
