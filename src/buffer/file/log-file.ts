/**
 * The file as its own thread holds it, open or not.
 *
 * It decides what a failure means: trying again as it is, opening and verifying again, or setting the file aside. It never
 * goes on with a connection after the disk has reported an error.
 */
import type { StoreError } from '../../domain/errors.ts'
import type { Consumer } from '../../domain/outbox.ts'
import { checkpoint } from '../../sqlite/database.ts'
import { remedyOf, storeFault } from '../../sqlite/store-fault.ts'
import type { WorkerSetup } from '../messages.ts'
import { FoundDamage } from './found-damage.ts'
import { hasRoomToShare, openWithRoom, withReserve } from './full-disk.ts'
import { type LogPlace, type OpenedLog, openVerified, partsOf, settle } from './opened-log.ts'
import { finishPutBack, folderDisplaced, putBackNotice, takePlace, writeWholeCopy } from './put-back.ts'
import { finishReplacements } from './replacement.ts'
import { bufferFile } from './schema.ts'

/** The file of one log. */
export class LogFile {
  #place: LogPlace
  #opened: OpenedLog | undefined
  readonly #damage = new FoundDamage()
  #hasStarted = false

  constructor(setup: WorkerSetup, world: Omit<LogPlace, 'setup'>) {
    this.#place = { ...world, setup }
  }

  /**
   * Opens, verifies and if need be replaces the file, unless it is open.
   * @throws StoreError, or what SQLite and the file system report: {@link fail} says what it means
   */
  use(): OpenedLog {
    this.#opened ??= this.#open()
    this.#hasStarted = true
    return this.#opened
  }

  /**
   * As {@link use}, and what is stored then will be found under the file's name after a power cut.
   * @throws StoreError where the folder is not the one that the file was opened in
   */
  useInPlace(): OpenedLog {
    const opened = this.use()
    const { displaced } = opened.whereabouts
    if (displaced === undefined) return opened
    if (displaced === 'folder') throw folderDisplaced(this.#place.setup.file)
    this.#putBack(opened)
    return this.use()
  }

  /** Others read the log from now on, also where it has to be opened again. */
  configure(consumers: readonly Consumer[]): void {
    this.#place = { ...this.#place, setup: { ...this.#place.setup, consumers } }
    const { db, cursors } = this.use()
    cursors.configure(consumers)
    settle(db, cursors)
  }

  /** Undefined while the file is not open. */
  get opened(): OpenedLog | undefined {
    return this.#opened
  }

  /** Looks at the file afresh, after something else than the log has changed it. */
  refresh(): void {
    if (this.#opened) this.#opened = partsOf(this.#opened.db, this.#opened.access, this.#place)
  }

  /** What a failure means: gives up the connection where that is the remedy, and puts the failure into words. */
  fail(error: unknown): StoreError {
    const remedy = remedyOf(error)
    if (remedy === 'replace') this.#damage.note(error)
    // As long as it is open, a file that was deleted can still be put back.
    if (remedy !== 'wait' && this.#opened?.whereabouts.displaced === undefined) this.#giveUpConnection()
    return storeFault(bufferFile(this.#place.setup.file), error)
  }

  /** Lets other programs read the file again, once the disk has the space for that. */
  share(): void {
    if (this.#opened?.access === 'alone' && hasRoomToShare(this.#place.setup.file)) this.close()
  }

  /** Closes it if it is open, with nothing left in the write-ahead log; the next use opens it again. */
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

  #open(): OpenedLog {
    this.#finishMoves()
    const isFirst = !this.#hasStarted
    if (!this.#damage.isFound) {
      try {
        return openWithRoom(this.#place, isFirst)
      } catch (error) {
        if (remedyOf(error) !== 'replace') throw error
        this.#damage.note(error)
      }
    }
    this.#damage.mend(this.#place)
    return openVerified(this.#place, { access: 'shared', isFirst })
  }

  /** Before anything is opened: after a power cut a part of another file may lie beside the file. */
  #finishMoves(): void {
    const { setup, clock, notify } = this.#place
    finishReplacements(setup.file)
    const kept = finishPutBack(setup.file, clock.now().wallMs)
    if (kept) notify(putBackNotice(setup.file, kept))
  }

  /** The file was deleted or renamed while it is open: as a whole it gets its name again. */
  #putBack({ db, whereabouts }: OpenedLog): void {
    const { setup, clock, notify } = this.#place
    const { wallMs: atMs } = clock.now()
    const kept = withReserve(this.#place, () => writeWholeCopy(db, setup.file, whereabouts, atMs))
    // Whatever fails from here on, the next opening finishes it.
    this.#giveUpConnection()
    takePlace(setup.file)
    notify(putBackNotice(setup.file, kept))
  }

  /** What a failed close leaves undone is done by the next opening, which replays the write-ahead log. */
  #giveUpConnection(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (!opened) return
    this.#damage.answeredUpTo(opened.log.tail.seq)
    try {
      opened.db.close()
    } catch (error) {
      this.#place.notify({
        level: 'warn',
        fields: { event: 'buffer-unclosed', error: String(error) },
        message: 'buffer: closing failed',
      })
    }
  }
}
