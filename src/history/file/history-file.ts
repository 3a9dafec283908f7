/**
 * The file of the history: takes in what the log says of machines, and finds a machine's records by their time.
 *
 * It is brought up to date from the log beside the thread that writes it, so that nothing that is asked here ever holds up a commit.
 * How far it has come stands in it and moves in the same transaction as the records: what a crash takes is taken in again.
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LogReader } from '../../buffer/log-reader.ts'
import { StoreError } from '../../domain/errors.ts'
import { isMachineEvent } from '../../domain/events/machine.ts'
import { utcMs } from '../../domain/instant.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import { ownerCode } from '../../domain/owner.ts'
import { type DatabaseHandle, openDatabase } from '../../sqlite/database.ts'
import { lackOfRoom } from '../../sqlite/disk-room.ts'
import { makeRoom } from '../../sqlite/parts.ts'
import { reading, remedyOf } from '../../sqlite/store-fault.ts'
import { timeSums } from '../availability.ts'
import type {
  HistoryCalls,
  HistoryFiles,
  HistoryQuestion,
  HistoryReach,
  MachineSums,
  MachineTimeline,
} from '../messages.ts'
import { stopSums } from '../pareto.ts'
import {
  afterDowntimeEvent,
  afterStatusEvent,
  type DowntimeRecord,
  type HistoryRecord,
  type StatusRecord,
} from '../records.ts'
import { type KnownSoFar, stretchesOf } from '../timeline.ts'
import { FollowedLog } from './followed-log.ts'

/** What the file is to the gateway, as errors name it. */
export const HISTORY = 'history'

const steps = () => [readFileSync(new URL('./001-init.sql', import.meta.url), 'utf8')]
/** Records of what the log keeps no longer go once so many events have come; a row lasts a day at most. */
const TRIM_EVENTS = 10_000
const ROW_MAX_MS = 86_400_000

interface Taken {
  readonly incarnation: string
  readonly seq: number
  readonly hash: string | null
  readonly keptFromMs: number | null
}

/** Opens the file beside the log. One that is damaged, or of a newer version, is begun again: the log has it all. */
export function openHistory({ file, log }: HistoryFiles): HistoryFile {
  return new HistoryFile(openOrReplace(file), new FollowedLog(log), file)
}

function openOrReplace(file: string): DatabaseHandle {
  const open = () => openDatabase({ name: HISTORY, file }, { steps: steps() })
  let why: unknown
  try {
    const db = open()
    if (db.pragma('quick_check', { simple: true }) === 'ok') return db
    db.close()
  } catch (error) {
    const isLost = error instanceof StoreError ? !error.retryable : remedyOf(error) === 'replace'
    if (!isLost) throw error
    why = error
  }
  makeRoom(file, why)
  return open()
}

/** The open file. Every method can throw what SQLite throws; whoever calls makes a StoreError of it. */
class HistoryFile implements HistoryCalls {
  readonly #db: DatabaseHandle
  readonly #log: FollowedLog
  readonly #file: string
  readonly #records: Records
  #trimmedAtSeq = 0

  constructor(db: DatabaseHandle, log: FollowedLog, file: string) {
    this.#db = db
    this.#log = log
    this.#file = file
    // A power cut may take the last seconds, which the log still has.
    db.pragma('synchronous = NORMAL')
    this.#records = new Records(db)
  }

  follow(): HistoryReach {
    return this.#unlessDamaged(() => this.#follow())
  }

  #follow(): HistoryReach {
    const taken = this.#taken()
    const { last } = this.#log.now.kept()
    const halted = taken.seq < last ? lackOfRoom(dirname(this.#file)) : null
    if (halted !== null) this.#log.letGo()
    if (taken.seq >= last || halted !== null)
      return { keptFromMs: taken.keptFromMs, missing: Math.max(0, last - taken.seq), halted }
    const seq = this.#takePage(taken)
    if (seq - this.#trimmedAtSeq >= TRIM_EVENTS) this.#trim(seq)
    return { keptFromMs: this.#taken().keptFromMs, missing: Math.max(0, last - seq), halted: null }
  }

  timelines(question: HistoryQuestion): readonly MachineTimeline[] {
    const known = this.#known(question)
    return question.machines.map(({ machine, seenToMs }) => {
      const { status, downtimes } = this.#within(machine, question)
      const sight = { ...known, seenToMs }
      return { machine, stretches: stretchesOf(status, downtimes, question, sight) }
    })
  }

  sums(question: HistoryQuestion): readonly MachineSums[] {
    const known = this.#known(question)
    return question.machines.map(({ machine, seenToMs }) => {
      const { status, downtimes } = this.#within(machine, question)
      const sight = { ...known, seenToMs }
      const stretches = stretchesOf(status, downtimes, question, sight)
      return {
        machine,
        time: timeSums(stretches),
        stops: stopSums(downtimes, stretches, question, sight),
      }
    })
  }

  lastRecords(machine: string, limit: number, beforeMs: number): readonly HistoryRecord[] {
    return this.#unlessDamaged(() => this.#records.last(machine, limit, beforeMs))
  }

  close(): void {
    this.#log.letGo()
    this.#db.close()
  }

  #within(machine: string, question: HistoryQuestion) {
    return this.#unlessDamaged(() => this.#records.within(machine, question))
  }

  /** A byte that is changed within a record is found by nobody else: the file is begun again with the next call. */
  #unlessDamaged<T>(work: () => T): T {
    try {
      return reading(work)
    } catch (error) {
      if (remedyOf(error) === 'replace') {
        this.close()
        makeRoom(this.#file, undefined)
      }
      throw error
    }
  }

  #known({ nowMs }: HistoryQuestion): Omit<KnownSoFar, 'seenToMs'> {
    return { nowMs, keptFromMs: this.#taken().keptFromMs ?? nowMs }
  }

  /** Of another log, or of an older state of this one, nothing is known: it is taken in from its beginning. */
  #taken(): Taken {
    const select = 'SELECT incarnation, seq, hash, kept_from_ms AS keptFromMs FROM taken'
    const taken = this.#db.prepare<[], Taken>(select).get()
    const log = this.#log.now
    const { incarnation } = log.identity
    if (taken?.incarnation === incarnation && isTakenFrom(log, taken)) return taken
    this.#db.transaction(() => {
      this.#db.exec('DELETE FROM record; DELETE FROM taken')
      this.#db
        .prepare('INSERT INTO taken (id, incarnation, seq, kept_from_ms) VALUES (1, ?, 0, NULL)')
        .run(incarnation)
    })()
    return { incarnation, seq: 0, hash: null, keptFromMs: null }
  }

  /** @returns the number up to which the log is taken in then */
  #takePage({ seq: before, keptFromMs }: Taken): number {
    const log = this.#log.now
    const { value: page } = log.readablePages(before).next()
    const events: readonly StoredEvent[] = page?.events ?? []
    const { first, last } = log.kept()
    // A stretch that cannot be read is passed over: the gateway itself finds out, and begins another log.
    const seq = events.at(-1)?.seq ?? Math.min(Math.max(before, first - 1) + 1_000, last)
    this.#db.transaction(() => {
      this.#records.take(events)
      this.#db
        .prepare('UPDATE taken SET seq = ?, hash = ?, kept_from_ms = ?')
        .run(seq, log.hashOf(seq) ?? null, keptFromMs ?? events[0]?.capturedAtMs ?? null)
    })()
    return seq
  }

  /** What the log keeps no longer is not shown either; the newest records of each machine stay, since they may go on. */
  #trim(seq: number): void {
    this.#trimmedAtSeq = seq
    const log = this.#log.now
    const { first } = log.kept()
    const { value: page } = log.readablePages(first - 1).next()
    const keptFromMs = page?.events[0]?.capturedAtMs
    if (keptFromMs === undefined) return
    this.#db.transaction(() => {
      this.#records.forgetBefore(keptFromMs - ROW_MAX_MS)
      this.#db.prepare('UPDATE taken SET kept_from_ms = ?').run(keptFromMs)
    })()
  }
}

/** Whether the log that was taken in is this one, as far as it still has what was taken in last. */
function isTakenFrom(log: LogReader, { seq, hash }: Taken): boolean {
  if (seq > log.kept().last) return false
  const now = log.hashOf(seq)
  return now === undefined || hash === null || now === hash
}

/** The table of the records. */
class Records {
  readonly #db: DatabaseHandle

  constructor(db: DatabaseHandle) {
    this.#db = db
  }

  take(events: readonly StoredEvent[]): void {
    const select = this.#db
      .prepare<[string, string, number], string>(
        'SELECT payload FROM record WHERE machine = ? AND kind = ? AND at_ms = ?',
      )
      .pluck()
    const put = this.#db.prepare<[string, string, number, string]>(
      'INSERT OR REPLACE INTO record (machine, kind, at_ms, payload) VALUES (?, ?, ?, ?)',
    )
    for (const { event, seq } of events) {
      if (!isMachineEvent(event)) continue
      const machine = ownerCode(event.subject)
      const atMs = utcMs(event.at)
      const find = <R>(kind: string): R | undefined => {
        const text = select.get(machine, kind, atMs)
        return text === undefined ? undefined : (JSON.parse(text) as R)
      }
      const record =
        event.kind === 'status.opened' || event.kind === 'status.amended'
          ? afterStatusEvent(find<StatusRecord>('status'), event, seq)
          : afterDowntimeEvent(find<DowntimeRecord>('downtime'), event, seq)
      put.run(machine, record.kind, atMs, JSON.stringify(record))
    }
  }

  /** Those that begin in the span, and the one before of each kind: it may reach into it. */
  within(
    machine: string,
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  ): { readonly status: readonly StatusRecord[]; readonly downtimes: readonly DowntimeRecord[] } {
    const select = this.#db
      .prepare<[{ machine: string; kind: string; fromMs: number; toMs: number }], string>(
        `SELECT payload FROM record WHERE machine = @machine AND kind = @kind AND at_ms < @toMs AND at_ms >= coalesce(
           (SELECT max(at_ms) FROM record WHERE machine = @machine AND kind = @kind AND at_ms <= @fromMs), @fromMs)
         ORDER BY at_ms`,
      )
      .pluck()
    const of = <R>(kind: string) =>
      select.all({ machine, kind, fromMs, toMs }).map((text) => JSON.parse(text) as R)
    return { status: of<StatusRecord>('status'), downtimes: of<DowntimeRecord>('downtime') }
  }

  /** A downtime stands beside the row of its stop: both come together, even if that is one more than was asked for. */
  last(machine: string, limit: number, beforeMs: number): readonly HistoryRecord[] {
    const found = this.#db
      .prepare<[string, number, number], { readonly atMs: number; readonly payload: string }>(
        `SELECT at_ms AS atMs, payload FROM record WHERE machine = ? AND at_ms < ?
         ORDER BY at_ms DESC, kind LIMIT ?`,
      )
      .all(machine, beforeMs, limit + 1)
    const isPair = found[limit]?.atMs === found[limit - 1]?.atMs
    return found
      .slice(0, isPair ? limit + 1 : limit)
      .map(({ payload }) => JSON.parse(payload) as HistoryRecord)
  }

  forgetBefore(atMs: number): void {
    this.#db
      .prepare(
        `DELETE FROM record WHERE at_ms < ? AND (machine, kind, at_ms) NOT IN
           (SELECT machine, kind, max(at_ms) FROM record GROUP BY machine, kind)`,
      )
      .run(atMs)
  }
}
