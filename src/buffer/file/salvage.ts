/** Reads what can still be read and proven in a damaged buffer, row by row, and stores it in a new one. */
import Database from 'better-sqlite3'
import { gatewayOwner, machineOwner, type Owner } from '../../domain/owner.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { type ChainRow, hashText, walkChain } from '../chain.ts'
import type { Group } from '../messages.ts'
import { CENTRAL } from './cursors.ts'
import type { EventLog } from './event-log.ts'
import { isState } from './verify.ts'

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
/** Stands for a boot whose name cannot be read. */
const UNKNOWN_BOOT = 'unknown'

/**
 * Copies unacknowledged events up to `lastSeq`, in order, and all readable states. The damaged file is only read.
 */
export function salvage(damagedFile: string, into: EventLog, lastSeq: number): Salvaged {
  let db: DatabaseHandle
  try {
    db = new Database(damagedFile, { readonly: true, fileMustExist: true })
  } catch (error) {
    return { events: 0, states: 0, lost: [], unreadable: String(error) }
  }
  try {
    const states = salvageStates(db, into)
    return { states, ...salvageEvents(db, into, lastSeq) }
  } catch (error) {
    return { events: into.tail.seq, states: 0, lost: [], unreadable: String(error) }
  } finally {
    db.close()
  }
}

function salvageStates(db: DatabaseHandle, into: EventLog): number {
  const isOld = attempt(() => db.pragma('user_version', { simple: true })) === 1
  const rows = attempt(() => db.prepare<[], [string, string]>('SELECT owner, payload FROM state').raw().all())
  const owned = (rows ?? []).map(([owner, payload]) => [isOld ? ownerOf(owner) : owner, payload] as const)
  const states = new Map(owned.filter(([owner, payload]) => isState(owner, payload)))
  into.store({ ...emptyGroup(UNKNOWN_BOOT), states })
  return states.size
}

/** Whose a state is that was saved before the second migration, which names owners in the same way. */
function ownerOf(saved: string): Owner {
  return saved === '#alive' ? gatewayOwner('alive') : machineOwner(saved)
}

function salvageEvents(
  db: DatabaseHandle,
  into: EventLog,
  lastSeq: number,
): { readonly events: number; readonly lost: readonly number[]; readonly unreadable: null } {
  const boots = bootNames(db)
  const read = rowReader(db)
  const { first, last } = unacknowledged(db)
  const end = Math.min(last, lastSeq, first + SEARCH_MAX)
  const lost: number[] = []
  let group = emptyGroup(UNKNOWN_BOOT)
  const before = read(first - 1)
  const start = { seq: first - 1, hash: before && hashText(before.hash) }
  let next = first
  for (const { row, isProven } of walkChain(start, readableRows(read, first, end))) {
    for (; next < row.seq; next += 1) lost.push(next)
    if (!(isProven ?? isJson(row.payload))) continue
    next = row.seq + 1
    const bootId = boots.get(row.boot) ?? UNKNOWN_BOOT
    if (bootId !== group.bootId || group.payloads.length === GROUP_EVENTS) {
      into.store(group)
      group = emptyGroup(bootId)
    }
    addRow(group, row)
  }
  for (; next <= end; next += 1) lost.push(next)
  into.store(group)
  return { events: into.tail.seq, lost, unreadable: null }
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

/** What central has not acknowledged. Where the cursor cannot be read, everything that is kept counts as such. */
function unacknowledged(db: DatabaseHandle): { readonly first: number; readonly last: number } {
  const number = (sql: string) => attempt(() => db.prepare<[], number>(sql).pluck().get()) ?? 0
  const acked = number(`SELECT acked_seq FROM consumer WHERE name = '${CENTRAL}'`)
  const pruned = number('SELECT pruned_seq FROM meta')
  const counted = number("SELECT seq FROM sqlite_sequence WHERE name = 'event'")
  const highest = number('SELECT max(seq) FROM event')
  return { first: Math.max(acked, pruned) + 1, last: Math.max(counted, highest) }
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

interface GrowingGroup extends Group {
  readonly payloads: string[]
  readonly capturedAtMs: number[]
  readonly monoMs: number[]
}

function emptyGroup(bootId: string): GrowingGroup {
  return { bootId, payloads: [], capturedAtMs: [], monoMs: [], states: new Map() }
}

function addRow(group: GrowingGroup, row: DamagedRow): void {
  group.payloads.push(row.payload)
  group.capturedAtMs.push(row.capturedAtMs)
  group.monoMs.push(row.monoMs)
}

function isJson(text: string): boolean {
  return attempt(() => JSON.parse(text) as unknown) !== undefined
}

/** In a damaged file any read may fail; what fails counts as unreadable and the search goes on. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
