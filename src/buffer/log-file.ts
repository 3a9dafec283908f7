/**
 * The buffer as its own thread sees it: one file, one connection, one call after another.
 *
 * It decides what a failure means for the file: tried again as it is, opened and verified anew, or set aside. It never
 * answers a store before the commit, and never stores a group twice when the outcome of a commit was unknown.
 */

import type { StoreError } from '../domain/errors.ts'
import type { LogPosition } from '../domain/outbox.ts'
import { genesisHash, hashBytes, hashText } from './chain.ts'
import { CENTRAL, Cursors } from './cursors.ts'
import { type Connection, checkpoint, openDatabase, usedBytesOf } from './database.ts'
import { EventLog, type Place } from './event-log.ts'
import { beginIncarnation } from './incarnation.ts'
import type { ChainPage, Group, LogCalls, LogSnapshot, Notice, StoredRow, WorkerSetup } from './messages.ts'
import { finishReplacements, replaceDamaged } from './replacement.ts'
import { Room } from './room.ts'
import { remedyOf, storeFault } from './store-fault.ts'
import { verifyPages, verifyStretch, verifyTail } from './verify.ts'

interface Opened {
  readonly db: Connection
  readonly log: EventLog
  readonly cursors: Cursors
  readonly room: Room
  readonly usedBytes: () => number
}

export interface LogFileWorld {
  readonly notify: (notice: Omit<Notice, 'kind'>) => void
  readonly nowMs: () => number
}

export class LogFile implements LogCalls {
  readonly #setup: WorkerSetup
  readonly #world: LogFileWorld
  #opened: Opened | undefined
  /** Where the log ends if a commit that failed did succeed after all. */
  #doubtful: Place | undefined
  /** Why the file must be replaced before it is used again. */
  #damage: string | undefined
  /** The last event whose commit was answered; all of them while nothing has failed. */
  #answeredSeq = Number.MAX_SAFE_INTEGER

  constructor(setup: WorkerSetup, world: LogFileWorld) {
    this.#setup = setup
    this.#world = world
  }

  /** Opens, verifies and if need be replaces the file; so does any call when the connection was given up. */
  open(): void {
    this.#use()
  }

  /** What a failed call means: gives up the connection where that is the remedy, and puts the failure into words. */
  fail(error: unknown): StoreError {
    const remedy = remedyOf(error)
    if (remedy === 'replace') this.#damage = String(error)
    if (remedy === 'replace' || remedy === 'reopen') this.#giveUpConnection()
    return storeFault(this.#setup.file, error)
  }

  store(group: Group): void {
    const { log, room } = this.#use()
    const doubtful = this.#doubtful
    this.#doubtful = undefined
    if (doubtful?.seq === log.tail.seq && doubtful.hash === log.tail.hash) return
    room.beforeStoring()
    try {
      log.store(group)
    } catch (error) {
      this.#doubtful = log.intended
      room.afterFailure(error)
      throw error
    }
  }

  states(): readonly (readonly [string, string])[] {
    return this.#use().log.states()
  }

  tail(): LogPosition {
    return position(this.#use().log.tail)
  }

  cursor(consumer: string): LogPosition {
    const { log, cursors } = this.#use()
    const seq = cursors.at(consumer)
    const hash = log.hashAt(seq) ?? hashBytes(genesisHash(log.identity.incarnation))
    return { seq, hash }
  }

  hashAt(seq: number): Uint8Array | undefined {
    return this.#use().log.hashAt(seq)
  }

  oldestKept(): number {
    const { log } = this.#use()
    return log.tail.seq > log.pruned.seq ? log.pruned.seq + 1 : 0
  }

  read(afterSeq: number, limit: number): readonly StoredRow[] {
    return this.#use().log.page(afterSeq, limit)
  }

  acknowledge(consumer: string, seq: number): void {
    this.#use().cursors.acknowledge(consumer, seq)
  }

  rewind(consumer: string, seq: number): void {
    this.#use().cursors.rewind(consumer, seq)
  }

  trim(capturedBeforeMs: number): boolean {
    return this.#use().room.trim(capturedBeforeMs)
  }

  verify(after: LogPosition | undefined): ChainPage {
    const { log } = this.#use()
    const from = after ? { seq: after.seq, hash: hashText(after.hash) } : log.pruned
    const stretch = verifyStretch(log, from)
    return { ...stretch, upTo: position(stretch.upTo) }
  }

  beginIncarnation(epoch: number): void {
    const { db, log, cursors } = this.#use()
    beginIncarnation(db, log, { epoch, acknowledged: cursors.peek(CENTRAL) })
    this.#opened = this.#views(db)
  }

  close(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (!opened) return
    try {
      checkpoint(opened.db)
    } finally {
      opened.db.close()
    }
  }

  /** Undefined while the file is not open. */
  snapshot(): LogSnapshot | undefined {
    if (!this.#opened) return undefined
    const { log, cursors, usedBytes } = this.#opened
    const acknowledged = cursors.peek(CENTRAL)
    return {
      identity: log.identity,
      lastSeq: log.tail.seq,
      pending: log.tail.seq - acknowledged,
      oldestPendingAtMs: log.firstCapturedAfter(acknowledged),
      bytes: usedBytes(),
    }
  }

  #use(): Opened {
    this.#opened ??= this.#open()
    return this.#opened
  }

  #open(): Opened {
    finishReplacements(this.#setup.file)
    if (this.#damage === undefined) {
      try {
        return this.#openVerified()
      } catch (error) {
        if (remedyOf(error) !== 'replace') throw error
        this.#damage = String(error)
      }
    }
    this.#replace(this.#damage)
    return this.#openVerified()
  }

  #openVerified(): Opened {
    const db = openDatabase(this.#setup.file)
    try {
      verifyPages(db)
      const opened = this.#views(db)
      verifyTail(opened.log)
      opened.cursors.verify()
      settle(db)
      return opened
    } catch (error) {
      db.close()
      throw error
    }
  }

  #views(db: Connection): Opened {
    const log = new EventLog(db)
    const cursors = new Cursors(db, log)
    const usedBytes = usedBytesOf(db)
    const room = new Room({ db, log, cursors, usedBytes }, this.#setup, this.#world.notify)
    return { db, log, cursors, room, usedBytes }
  }

  #replace(damage: string): void {
    const { file } = this.#setup
    const replaced = replaceDamaged(file, this.#world.nowMs(), this.#answeredSeq)
    this.#damage = undefined
    const lost = replaced.lost.length
    this.#world.notify({
      level: 'error',
      fields: { file, damage, ...replaced, lost, firstLost: replaced.lost.slice(0, 100) },
      message:
        `buffer ${file} was damaged and now lies in ${replaced.folder}; a new one was begun with ` +
        `${replaced.events} unacknowledged events out of it, ${lost} could not be read. ` +
        'Central will not take its events before an operator runs `buffer adopt`',
    })
  }

  /** What a failed close leaves undone is done by the next opening, which replays the write-ahead log. */
  #giveUpConnection(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (!opened) return
    this.#answeredSeq = opened.log.tail.seq
    try {
      opened.db.close()
    } catch (error) {
      this.#world.notify({
        level: 'warn',
        fields: { error: String(error) },
        message: 'buffer: closing failed',
      })
    }
  }
}

/**
 * Brings everything that is in the write-ahead log safely into the file: after a disk error it may be in the page cache
 * only. On a full disk that cannot be done and need not be, since nothing failed but the space.
 */
function settle(db: Connection): void {
  try {
    checkpoint(db)
  } catch (error) {
    if (remedyOf(error) !== 'wait') throw error
  }
}

function position(place: Place): LogPosition {
  return { seq: place.seq, hash: hashBytes(place.hash) }
}
