/** Reads what can still be read and proven in a damaged buffer, row by row, and stores it in a new one. */
import Database from 'better-sqlite3'
import { gatewayOwner, machineOwner, type Owner } from '../../domain/owner.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { remedyOf } from '../../sqlite/store-fault.ts'
import { type ChainRow, hashText, walkChain } from '../chain.ts'
import type { Group } from '../messages.ts'
import { attempt } from './attempt.ts'
import { CarriedCursors } from './carried-cursors.ts'
import type { EventLog } from './event-log.ts'
import { isProvenState, isState, type SavedState } from './saved-state.ts'

/** What could be taken out of a damaged file. */
export interface Salvaged {
  readonly events: number
  readonly states: number
  /** Numbers that unacknowledged events had in the damaged file and that could not be read or proven. */
  readonly lost: readonly number[]
  /** Why nothing more could be read, or null. */
  readonly unreadable: string | null
}

interface DamagedRow extends ChainRow {
  readonly monoMs: number
  readonly boot: number
}

const GROUP_EVENTS = 500
/** A damaged counter must not make the search endless. */
const SEARCH_MAX = 50_000_000
/** The schema since which saved states have hashes. */
const PROVEN_STATES_SINCE = 4
/** Stands for a boot whose name cannot be read. */
const UNKNOWN_BOOT = 'unknown'

/** The new buffer that takes up what can be salvaged. */
interface SalvageTarget {
  readonly db: DatabaseHandle
  readonly log: EventLog
  /** Names of the consumers that must deliver: what one of them has not acknowledged is looked for. */
  readonly delivering: readonly string[]
}

/**
 * Copies unacknowledged events up to `lastSeq`, in order, all readable states, and the cursors. The damaged file is only read.
 * @throws what the disk says when it cannot take the copies: then nothing was salvaged, and the caller tries again
 */
export function salvage(damagedFile: string, into: SalvageTarget, lastSeq: number): Salvaged {
  let db: DatabaseHandle
  try {
    db = new Database(damagedFile, { readonly: true, fileMustExist: true })
  } catch (error) {
    return { events: 0, states: 0, lost: [], unreadable: String(error) }
  }
  try {
    const states = salvageStates(db, into.log)
    return { states, ...salvageEvents(db, into, lastSeq) }
  } catch (error) {
    if (isOfNewFile(error)) throw error
    return { events: into.log.tail.seq, states: 0, lost: [], unreadable: String(error) }
  } finally {
    db.close()
  }
}

/** A full or failing disk. Reading alone never ends with that: {@link attempt} takes every fault of the damaged file. */
function isOfNewFile(error: unknown): boolean {
  const remedy = remedyOf(error)
  return remedy === 'wait' || remedy === 'reopen'
}

function salvageStates(db: DatabaseHandle, into: EventLog): number {
  const states = new Map(
    (provenStates(db) ?? unprovenStates(db)).filter(([owner, payload]) => isState(owner, payload)),
  )
  into.store({ ...emptyGroup(UNKNOWN_BOOT), states })
  return states.size
}

/** Undefined where the file is of a version that saved no hashes, or nothing can be read. */
function provenStates(db: DatabaseHandle): readonly (readonly [string, string])[] | undefined {
  const rows = attempt(() => db.prepare<[], SavedState>('SELECT owner, payload, hash FROM state').all())
  return rows?.filter(isProvenState).map(({ owner, payload }) => [owner, payload])
}

function unprovenStates(db: DatabaseHandle): readonly (readonly [string, string])[] {
  const version = attempt(() => db.pragma('user_version', { simple: true }) as number) ?? 0
  if (version >= PROVEN_STATES_SINCE) return []
  const rows = attempt(() => db.prepare<[], [string, string]>('SELECT owner, payload FROM state').raw().all())
  return (rows ?? []).map(([owner, payload]) => [version === 1 ? ownerOf(owner) : owner, payload])
}

/** Whose a state is that was saved before the second migration, which names owners in the same way. */
function ownerOf(saved: string): Owner {
  return saved === '#alive' ? gatewayOwner('alive') : machineOwner(saved)
}

function salvageEvents(
  db: DatabaseHandle,
  into: SalvageTarget,
  lastSeq: number,
): Pick<Salvaged, 'events' | 'lost' | 'unreadable'> {
  const cursors = new CarriedCursors(db)
  const first = Math.max(cursors.acknowledgedByAll(into.delivering), prunedSeq(db)) + 1
  const last = Math.min(lastNumber(db), lastSeq, first + SEARCH_MAX)
  try {
    const lost = copyEvents(db, into.log, { first, last }, (from, to) => cursors.take(from, to))
    return { events: into.log.tail.seq, lost, unreadable: null }
  } finally {
    cursors.save(into.db, first, into.log.tail.seq)
  }
}

/** @returns the numbers that could not be read or proven */
function copyEvents(
  db: DatabaseHandle,
  log: EventLog,
  { first, last }: { readonly first: number; readonly last: number },
  copied: (oldSeq: number, newSeq: number) => void,
): readonly number[] {
  const boots = bootNames(db)
  const read = rowReader(db)
  const before = read(first - 1)
  const start = { seq: first - 1, hash: before && hashText(before.hash) }
  const lost: number[] = []
  let group = emptyGroup(UNKNOWN_BOOT)
  let next = first
  for (const { row, isProven } of walkChain(start, readableRows(read, first, last))) {
    for (; next < row.seq; next += 1) lost.push(next)
    if (!(isProven ?? isJson(row.payload))) continue
    next = row.seq + 1
    const bootId = boots.get(row.boot) ?? UNKNOWN_BOOT
    if (bootId !== group.bootId || group.payloads.length === GROUP_EVENTS) {
      log.store(group)
      group = emptyGroup(bootId)
    }
    addRow(group, row)
    copied(row.seq, log.tail.seq + group.payloads.length)
  }
  for (; next <= last; next += 1) lost.push(next)
  log.store(group)
  return lost
}

function* readableRows(
  read: (seq: number) => DamagedRow | undefined,
  first: number,
  last: number,
): Generator<DamagedRow> {
  for (let seq = first; seq <= last; seq += 1) {
    const row = read(seq)
    if (row) yield row
  }
}

/** The last event that retention removed; 0 where that cannot be read. */
function prunedSeq(db: DatabaseHandle): number {
  return numberIn(db, 'SELECT pruned_seq FROM meta')
}

/** The last number that was given to an event, as far as it can be read. */
function lastNumber(db: DatabaseHandle): number {
  const counted = numberIn(db, "SELECT seq FROM sqlite_sequence WHERE name = 'event'")
  return Math.max(counted, numberIn(db, 'SELECT max(seq) FROM event'))
}

function numberIn(db: DatabaseHandle, sql: string): number {
  const found = attempt(() => db.prepare<[], unknown>(sql).pluck().get())
  return Number.isSafeInteger(found) ? (found as number) : 0
}

function rowReader(db: DatabaseHandle): (seq: number) => DamagedRow | undefined {
  const select = attempt(() =>
    db.prepare<[number], DamagedRow>(
      `SELECT seq, payload, captured_at_ms AS capturedAtMs, mono_ms AS monoMs, boot, hash
       FROM event WHERE seq = ?`,
    ),
  )
  return (seq) => attempt(() => select?.get(seq))
}

function bootNames(db: DatabaseHandle): ReadonlyMap<number, string> {
  const rows = attempt(() => db.prepare<[], [number, string]>('SELECT id, boot_id FROM boot').raw().all())
  return new Map(rows ?? [])
}

interface SalvagedGroup extends Group {
  readonly payloads: string[]
  readonly capturedAtMs: number[]
  readonly monoMs: number[]
}

function emptyGroup(bootId: string): SalvagedGroup {
  return { bootId, payloads: [], capturedAtMs: [], monoMs: [], states: new Map() }
}

function addRow(group: SalvagedGroup, row: DamagedRow): void {
  group.payloads.push(row.payload)
  group.capturedAtMs.push(row.capturedAtMs)
  group.monoMs.push(row.monoMs)
}

function isJson(text: string): boolean {
  return attempt(() => JSON.parse(text) as unknown) !== undefined
}
