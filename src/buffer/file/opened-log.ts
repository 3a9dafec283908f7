/** A log on one connection: opened, verified, and with everything that works on it. */
import type { Clock } from '../../runtime/clock.ts'
import { type Access, checkpoint, type DatabaseHandle } from '../../sqlite/database.ts'
import { reading, remedyOf } from '../../sqlite/store-fault.ts'
import type { Notice, WorkerSetup } from '../messages.ts'
import { beginNumbers } from './commit-number.ts'
import { Cursors } from './cursors.ts'
import { EventLog } from './event-log.ts'
import { layForeignAside } from './foreign-parts.ts'
import { Losses } from './losses.ts'
import { verifyProofs } from './proof.ts'
import { Recipients } from './recipients.ts'
import { Age } from './room/age.ts'
import { Room } from './room/room.ts'
import { UsedSpace } from './room/used-space.ts'
import { provenStates, verifyPages, verifyTail } from './verify.ts'
import { Whereabouts } from './whereabouts.ts'
import { openWholeFile } from './whole-file.ts'

/** What works on one connection. */
export interface OpenedLog {
  readonly db: DatabaseHandle
  readonly access: Access
  readonly log: EventLog
  readonly cursors: Cursors
  readonly room: Room
  readonly used: UsedSpace
  readonly losses: Losses
  readonly age: Age
  readonly recipients: Recipients
  readonly whereabouts: Whereabouts
}

/** Where a log is, and who is told of what is found. */
export interface LogPlace {
  readonly setup: WorkerSetup
  readonly notify: (notice: Omit<Notice, 'kind'>) => void
  readonly clock: Pick<Clock, 'now'>
}

interface Opening {
  readonly access: Access
  /** Whether nothing of this process can have had it open yet. */
  readonly isFirst: boolean
}

/**
 * Opens the file, makes it where nothing of a log is there, and proves that it holds what was stored.
 * @throws Damage where it does not; StoreError where it cannot be used; what SQLite and the file system report
 */
export function openVerified(place: LogPlace, { access, isFirst }: Opening): OpenedLog {
  const { file } = place.setup
  const onUpdated = (from: number, to: number) => place.notify(updateNotice(file, from, to))
  const beforeReplay = () => layForeignAside(file, place)
  const db = reading(() => openWholeFile(file, { access, onUpdated, isFirst, beforeReplay }))
  try {
    const opened = reading(() => verified(db, access, place))
    settle(db, opened.cursors)
    if (isFirst) nameUnconfigured(opened.cursors, place)
    return opened
  } catch (error) {
    db.close()
    throw error
  }
}

function verified(db: DatabaseHandle, access: Access, place: LogPlace): OpenedLog {
  verifyPages(db)
  verifyProofs(db)
  const opened = partsOf(db, access, place)
  verifyTail(opened.log)
  provenStates(opened.log)
  opened.cursors.verify()
  return opened
}

/** Everything that works on a connection, with what the file says now. */
export function partsOf(db: DatabaseHandle, access: Access, { setup, notify, clock }: LogPlace): OpenedLog {
  const log = new EventLog(db)
  const cursors = new Cursors(db, log, setup.consumers)
  const used = new UsedSpace(db, setup.file)
  return {
    db,
    access,
    log,
    cursors,
    room: new Room({ db, log, cursors, used }, setup, notify),
    used,
    losses: new Losses(db),
    age: new Age(db),
    recipients: new Recipients(db),
    whereabouts: new Whereabouts(setup.file, clock),
  }
}

/**
 * Brings everything that is in the write-ahead log safely into the file: after a disk error it may be in the page cache
 * only. Then new consumers get their cursors. On a full disk neither can be done nor is it urgent: nothing failed but the
 * space, and a cursor is saved with its first move at the latest.
 */
export function settle(db: DatabaseHandle, cursors: Cursors): void {
  for (const step of [checkpoint, beginNumbers, () => cursors.begin()]) {
    try {
      step(db)
    } catch (error) {
      if (remedyOf(error) !== 'wait') throw error
    }
  }
}

function nameUnconfigured({ unconfigured }: Cursors, { notify }: LogPlace): void {
  if (unconfigured.length === 0) return
  notify({
    level: 'info',
    fields: { event: 'buffer-consumers-unconfigured', consumers: unconfigured },
    message: `buffer: no events are kept for ${unconfigured.join(', ')}, which read this log once and are not configured any more`,
  })
}

function updateNotice(file: string, from: number, to: number): Omit<Notice, 'kind'> {
  const message = `buffer ${file} was brought up to date; earlier versions of this program cannot use it any more`
  return { level: 'info', fields: { event: 'buffer-updated', fromSchema: from, toSchema: to }, message }
}
