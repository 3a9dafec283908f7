/** Reads what can still be read and proven in a damaged buffer, row by row, and stores it in a new one. */
import { existsSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Loss } from '../../domain/outbox.ts'
import { gatewayOwner, machineOwner, type Owner } from '../../domain/owner.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { PAGE_BYTES } from '../../sqlite/leaf-rows.ts'
import { remedyOf } from '../../sqlite/store-fault.ts'
import type { Group } from '../messages.ts'
import { attempt } from './attempt.ts'
import { CarriedCursors } from './carried-cursors.ts'
import type { EventLog } from './event-log.ts'
import type { FoundEvent } from './found-event.ts'
import { LooseEvents } from './loose-events.ts'
import { Losses } from './losses.ts'
import { defineProof } from './proof.ts'
import { type NumberFound, ProvenEvents } from './proven-events.ts'
import { carryRecipients } from './recipients.ts'
import { isProvenState, isState, type SavedState } from './saved-state.ts'

/** What could be taken out of a damaged file. */
export interface Salvaged {
  readonly events: number
  readonly states: number
  /** Numbers that unacknowledged events had in the damaged file and that could not be read or proven. */
  readonly lost: readonly SeqRange[]
  /** Why there may have been more than what is salvaged and what is named as lost; null where there was not. */
  readonly unreadable: string | null
}

/** Some events that follow one another, both ends included. */
type SeqRange = Pick<Loss, 'firstSeq' | 'lastSeq'>

/** A log that is replaced. */
export interface DamagedLog {
  readonly file: string
  /** The last event that was answered: what came later is stored again by who sent it. */
  readonly lastSeq: number
  /** What was found damaged, in words. */
  readonly damage: string
  /** The present moment, ms since 1970. */
  readonly atMs: number
  /** Where the saved states are read, if elsewhere: in the file itself they may be older than the events. */
  readonly statesFile?: string | undefined
}

const NO_COUNTER = 'how many events it held cannot be read'
const NO_BEGINNING = 'where it began cannot be read'
const GROUP_EVENTS = 500
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
 * Copies unacknowledged events, in order, each proven by the one before it, all proven states, and the cursors; notes what was lost.
 * The damaged file is only read.
 * @throws what the disk says when it cannot take the copies: then nothing was salvaged, and the caller tries again
 */
export function salvage(damaged: DamagedLog, into: SalvageTarget): Salvaged {
  let db: DatabaseHandle
  try {
    db = openDamaged(damaged.file)
  } catch (error) {
    const unreadable = existsSync(damaged.file) ? String(error) : NO_COUNTER
    return { events: 0, states: 0, lost: [], unreadable }
  }
  try {
    carryRecipients(db, into.db)
    const states = damaged.statesFile ? statesFrom(damaged.statesFile, into.log) : salvageStates(db, into.log)
    return { states, ...salvageEvents(db, into, damaged) }
  } catch (error) {
    if (isOfNewFile(error)) throw error
    return { events: into.log.tail.seq, states: 0, lost: [], unreadable: String(error) }
  } finally {
    db.close()
  }
}

/** With this setting SQLite reads on where the file is shorter than its header says, or one table's description is destroyed. */
function openDamaged(file: string): DatabaseHandle {
  const db = new Database(file, { readonly: true, fileMustExist: true })
  defineProof(db)
  db.unsafeMode(true)
  attempt(() => db.pragma('writable_schema = ON'))
  return db
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

function statesFrom(file: string, into: EventLog): number {
  const db = attempt(() => openDamaged(file))
  try {
    return db ? salvageStates(db, into) : 0
  } finally {
    db?.close()
  }
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
  search: DamagedLog,
): Pick<Salvaged, 'events' | 'lost' | 'unreadable'> {
  using loose = new LooseEvents(search.file)
  const found = new ProvenEvents(db, loose, { lastSeq: search.lastSeq, bytes: bytesOf(search.file) })
  const cursors = new CarriedCursors(db)
  const acknowledged = cursors.acknowledgedByAll(into.delivering)
  const afterSeq = Math.max(acknowledged, found.beforeFirst)
  try {
    const pending = pendingIn(found, acknowledged)
    const lost = copyEvents(db, into.log, pending, (from, to) => cursors.take(from, to))
    noteLosses(db, into, { ...search, incarnation: found.root?.incarnation ?? null, lost })
    return {
      events: into.log.tail.seq,
      lost,
      unreadable: unreadableOf(found, search.file, acknowledged),
    }
  } finally {
    cursors.save(into.db, afterSeq + 1, into.log.tail.seq)
  }
}

function unreadableOf(found: ProvenEvents, file: string, acknowledged: number): string | null {
  if (!isCountKnown(found, file)) return NO_COUNTER
  return found.root === undefined && acknowledged === 0 && found.beforeFirst > 0 ? NO_BEGINNING : null
}

/** A file that ends within a page has lost its end, and the counter may have been in it. */
function isCountKnown({ counted }: ProvenEvents, file: string): boolean {
  return counted > 0 && statSync(file).size % PAGE_BYTES === 0
}

/**
 * Those before are read too, because each proves the next one. Where nothing tells any more what was kept, what was not acknowledged was:
 * it is gone where it lies before all that is found.
 */
function* pendingIn(found: ProvenEvents, acknowledged: number): Generator<NumberFound> {
  const { root, beforeFirst, counted } = found
  if (root === undefined && acknowledged > 0) {
    const lastGone = counted > 0 ? Math.min(beforeFirst, counted) : beforeFirst
    for (let seq = acknowledged + 1; seq <= lastGone; seq += 1) yield { seq, event: undefined }
  }
  for (const number of found.walk()) if (number.seq > acknowledged) yield number
}

/** @returns the numbers that could not be read or proven */
function copyEvents(
  db: DatabaseHandle,
  log: EventLog,
  found: Iterable<NumberFound>,
  copied: (oldSeq: number, newSeq: number) => void,
): readonly SeqRange[] {
  const boots = bootNames(db)
  const lost: SeqRange[] = []
  let group = emptyGroup(UNKNOWN_BOOT)
  for (const { seq, event } of found) {
    if (!event) {
      addLost(lost, seq)
      continue
    }
    const bootId = boots.get(event.boot) ?? UNKNOWN_BOOT
    if (bootId !== group.bootId || group.payloads.length === GROUP_EVENTS) {
      log.store(group)
      group = emptyGroup(bootId)
    }
    addEvent(group, event)
    copied(seq, log.tail.seq + group.payloads.length)
  }
  log.store(group)
  return lost
}

/** Together with what earlier replacements lost and central has not been told of. */
function noteLosses(
  db: DatabaseHandle,
  into: SalvageTarget,
  { damage, atMs, incarnation, lost }: DamagedLog & Pick<Loss, 'incarnation'> & Pick<Salvaged, 'lost'>,
): void {
  const losses = new Losses(into.db)
  for (const loss of attempt(() => new Losses(db).untold()) ?? []) losses.add(loss)
  for (const { firstSeq, lastSeq } of lost) losses.add({ incarnation, firstSeq, lastSeq, damage, atMs })
}

function addLost(lost: SeqRange[], seq: number): void {
  const last = lost.at(-1)
  if (last?.lastSeq === seq - 1) lost[lost.length - 1] = { ...last, lastSeq: seq }
  else lost.push({ firstSeq: seq, lastSeq: seq })
}

function bytesOf(file: string): number {
  return ['', '-wal'].reduce(
    (sum, part) => sum + (statSync(file + part, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}

function bootNames(db: DatabaseHandle): ReadonlyMap<number, string> {
  const rows = attempt(() => db.prepare<[], [number, string]>('SELECT id, boot_id FROM boot').raw().all())
  return new Map((rows ?? []).filter(([, name]) => typeof name === 'string'))
}

interface SalvagedGroup extends Group {
  readonly payloads: string[]
  readonly capturedAtMs: number[]
  readonly monoMs: number[]
}

function emptyGroup(bootId: string): SalvagedGroup {
  return { bootId, payloads: [], capturedAtMs: [], monoMs: [], states: new Map() }
}

function addEvent(group: SalvagedGroup, event: FoundEvent): void {
  group.payloads.push(event.payload)
  group.capturedAtMs.push(event.capturedAtMs)
  group.monoMs.push(event.monoMs)
}
