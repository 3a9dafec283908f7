/**
 * The file as its own thread holds it: opened, verified, and replaced where it is damaged.
 *
 * It decides what a failure means: trying again as it is, opening and verifying again, or setting the file aside. It never
 * goes on with a connection after the disk has reported an error.
 */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from '../../domain/errors.ts'
import type { Consumer } from '../../domain/outbox.ts'
import type { Clock } from '../../runtime/clock.ts'
import { type Access, checkpoint, type DatabaseHandle } from '../../sqlite/database.ts'
import { Damage, isDiskFull, reading, remedyOf, storeFault } from '../../sqlite/store-fault.ts'
import type { Notice, WorkerSetup } from '../messages.ts'
import { beginNumbers } from './commit-number.ts'
import { Cursors } from './cursors.ts'
import { EventLog } from './event-log.ts'
import { layForeignAside } from './foreign-parts.ts'
import { Losses } from './losses.ts'
import { verifyProofs } from './proof.ts'
import { finishPutBack, folderDisplaced, putBackNotice, takePlace, writeWholeCopy } from './put-back.ts'
import { Recipients } from './recipients.ts'
import { finishReplacements, replaceDamaged, replacementNotice } from './replacement.ts'
import { Age } from './room/age.ts'
import { Room, reserveGivenUp, reserveOf } from './room/room.ts'
import { UsedSpace } from './room/used-space.ts'
import { bufferFile } from './schema.ts'
import { provenStates, verifyPages, verifyTail } from './verify.ts'
import { Whereabouts } from './whereabouts.ts'
import { openWholeFile } from './whole-file.ts'

/** What works on one connection. */
interface Opened {
  readonly db: DatabaseHandle
  readonly log: EventLog
  readonly cursors: Cursors
  readonly room: Room
  readonly used: UsedSpace
  readonly losses: Losses
  readonly age: Age
  readonly recipients: Recipients
  readonly whereabouts: Whereabouts
}

interface LogFileWorld {
  readonly notify: (notice: Omit<Notice, 'kind'>) => void
  readonly clock: Pick<Clock, 'now'>
}

/** Free on the disk before a file that nobody else may read is opened anew: many times what the index of its write-ahead log takes. */
const SHARED_BYTES_MIN = 1024 * 1024
/** A disk that damages one new log after the other is not mended by yet another one: then the gateway ends, and says so. */
const REPLACEMENTS_MAX = 10

/** The file, open or not. */
export class LogFile {
  #setup: WorkerSetup
  readonly #world: LogFileWorld
  #opened: Opened | undefined
  /** Why the file must be replaced before it is used again. */
  #damage: string | undefined
  /**
   * The last event whose commit was confirmed to the main thread before the connection was given up. Salvage stops there,
   * because the main thread hands in again what came later. Until a connection is given up, everything in the file counts.
   */
  #answeredSeq = Number.MAX_SAFE_INTEGER
  #hasStarted = false
  #replacements = 0
  #access: Access = 'shared'

  constructor(setup: WorkerSetup, world: LogFileWorld) {
    this.#setup = setup
    this.#world = world
  }

  /** Opens, verifies and if need be replaces the file, unless it is open. */
  use(): Opened {
    this.#opened ??= this.#open()
    this.#hasStarted = true
    return this.#opened
  }

  /**
   * As {@link use}, and what is stored then will be found under the file's name after a power cut.
   * @throws StoreError where the folder is not the one that the file was opened in
   */
  useInPlace(): Opened {
    const opened = this.use()
    const { db, whereabouts } = opened
    if (whereabouts.displaced === undefined) return opened
    const { file } = this.#setup
    if (whereabouts.displaced === 'folder') throw folderDisplaced(file)
    const { wallMs: atMs } = this.#world.clock.now()
    const kept = this.#withReserve(() => writeWholeCopy(db, file, whereabouts, atMs))
    // Whatever fails from here on, the next opening finishes it.
    this.#giveUpConnection()
    takePlace(file)
    this.#world.notify(putBackNotice(file, kept))
    return this.use()
  }

  /** Others read the log from now on, also where it has to be opened again. */
  configure(consumers: readonly Consumer[]): void {
    this.#setup = { ...this.#setup, consumers }
    const { db, cursors } = this.use()
    cursors.configure(consumers)
    settle(db, cursors)
  }

  /** Undefined while the file is not open. */
  get opened(): Opened | undefined {
    return this.#opened
  }

  /** Looks at the file afresh, after something else than the log has changed it. */
  refresh(): void {
    if (this.#opened) this.#opened = this.#views(this.#opened.db)
  }

  /** What a failure means: gives up the connection where that is the remedy, and puts the failure into words. */
  fail(error: unknown): StoreError {
    const remedy = remedyOf(error)
    if (remedy === 'replace') this.#damage = String(error)
    // As long as it is open, a file that was deleted can still be put back.
    if (remedy !== 'wait' && this.#opened?.whereabouts.displaced === undefined) this.#giveUpConnection()
    return storeFault(bufferFile(this.#setup.file), error)
  }

  /** Lets other programs read the file again, once the disk has the space for that. */
  share(): void {
    if (this.#access === 'alone' && freeBytes(this.#setup.file) > SHARED_BYTES_MIN) this.close()
  }

  close(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (!opened) return
    try {
      opened.cursors.save()
      checkpoint(opened.db)
    } finally {
      opened.db.close()
    }
  }

  #open(): Opened {
    this.#finishMoves()
    if (this.#damage === undefined) {
      try {
        return this.#openWithRoom()
      } catch (error) {
        if (remedyOf(error) !== 'replace') throw error
        this.#damage = error instanceof Damage ? error.message : String(error)
      }
    }
    this.#replace(this.#damage)
    return this.#openVerified('shared')
  }

  /** Before anything is opened: after a power cut a part of another file may lie beside the file. */
  #finishMoves(): void {
    const { file } = this.#setup
    finishReplacements(file)
    const kept = finishPutBack(file, this.#world.clock.now().wallMs)
    if (kept) this.#world.notify(putBackNotice(file, kept))
  }

  /**
   * Opening needs some space itself. On a full disk that is the reserve; where that is gone too, the file is opened so that it
   * needs none, for delivery must go on. Only a file of an earlier version cannot be used so.
   */
  #openWithRoom(): Opened {
    try {
      return this.#withReserve(() => this.#openVerified('shared'))
    } catch (error) {
      if (!isDiskFull(error)) throw error
      return this.#openVerified('alone')
    }
  }

  /** Does something; on a full disk once more in the space of the reserve, if there is one. */
  #withReserve<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!isDiskFull(error) || !reserveOf(this.#setup).release()) throw error
      this.#world.notify(reserveGivenUp(this.#setup))
      return work()
    }
  }

  #openVerified(access: Access): Opened {
    const { file } = this.#setup
    const onUpdated = (from: number, to: number) => this.#world.notify(updateNotice(file, from, to))
    const beforeReplay = () => layForeignAside(file, this.#world)
    const opening = { access, onUpdated, isFirst: !this.#hasStarted, beforeReplay }
    const db = reading(() => openWholeFile(file, opening))
    this.#access = access
    try {
      const opened = reading(() => this.#verified(db))
      settle(db, opened.cursors)
      this.#nameUnconfigured(opened.cursors)
      return opened
    } catch (error) {
      db.close()
      throw error
    }
  }

  #verified(db: DatabaseHandle): Opened {
    verifyPages(db)
    verifyProofs(db)
    const opened = this.#views(db)
    verifyTail(opened.log)
    provenStates(opened.log)
    opened.cursors.verify()
    return opened
  }

  #views(db: DatabaseHandle): Opened {
    const log = new EventLog(db)
    const cursors = new Cursors(db, log, this.#setup.consumers)
    const used = new UsedSpace(db, this.#setup.file)
    const room = new Room({ db, log, cursors, used }, this.#setup, this.#world.notify)
    const [losses, recipients, age] = [new Losses(db), new Recipients(db), new Age(db)]
    const whereabouts = new Whereabouts(this.#setup.file, this.#world.clock)
    return { db, log, cursors, room, used, losses, recipients, age, whereabouts }
  }

  /** Said once, at the start. */
  #nameUnconfigured({ unconfigured }: Cursors): void {
    if (this.#hasStarted || unconfigured.length === 0) return
    this.#world.notify({
      level: 'info',
      fields: { event: 'buffer-consumers-unconfigured', consumers: unconfigured },
      message: `buffer: no events are kept for ${unconfigured.join(', ')}, which read this log once and are not configured any more`,
    })
  }

  #replace(damage: string): void {
    const { file } = this.#setup
    if (this.#replacements === REPLACEMENTS_MAX) throw damagedAgain(file, damage)
    const { wallMs: atMs } = this.#world.clock.now()
    const found = { damage, lastSeq: this.#answeredSeq, atMs }
    const replaced = this.#withReserve(() => replaceDamaged(this.#setup, found))
    this.#replacements += 1
    this.#damage = undefined
    this.#world.notify(replacementNotice(file, damage, replaced))
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
        fields: { event: 'buffer-unclosed', error: String(error) },
        message: 'buffer: closing failed',
      })
    }
  }
}

/**
 * Brings everything that is in the write-ahead log safely into the file: after a disk error it may be in the page cache
 * only. Then new consumers get their cursors. On a full disk neither can be done nor is it urgent: nothing failed but the
 * space, and a cursor is saved with its first move at the latest.
 */
function settle(db: DatabaseHandle, cursors: Cursors): void {
  for (const step of [checkpoint, beginNumbers, () => cursors.begin()]) {
    try {
      step(db)
    } catch (error) {
      if (remedyOf(error) !== 'wait') throw error
    }
  }
}

function freeBytes(file: string): number {
  const { bavail, bsize } = statfsSync(dirname(file))
  return bavail * bsize
}

function damagedAgain(file: string, damage: string): StoreError {
  const message = `buffer ${file} was damaged for the ${REPLACEMENTS_MAX + 1}th time since the start (${damage})`
  return new StoreError('buffer-damaged-again', message, { retryable: false, hint: 'replace the disk' })
}

function updateNotice(file: string, from: number, to: number): Omit<Notice, 'kind'> {
  const message = `buffer ${file} was brought up to date; earlier versions of this program cannot use it any more`
  return { level: 'info', fields: { event: 'buffer-updated', fromSchema: from, toSchema: to }, message }
}
