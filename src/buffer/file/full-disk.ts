/** How the file is opened and moved while the disk is full, which needs some space itself. */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDiskFull } from '../../sqlite/store-fault.ts'
import { type LogPlace, type OpenedLog, openVerified } from './opened-log.ts'
import { reserveGivenUp, reserveOf } from './room/room.ts'

/** Free on the disk before a file that nobody else may read is opened anew: many times what the index of its write-ahead log takes. */
const SHARED_BYTES_MIN = 1024 * 1024

/**
 * Opens and verifies the file. On a full disk it does so in the space of the reserve; where that is gone too, the file is opened so that
 * it needs none, and no other program can read it, for delivery must go on. Only a file of an earlier version cannot be used so.
 * @throws as {@link openVerified}
 */
export function openWithRoom(place: LogPlace, isFirst: boolean): OpenedLog {
  try {
    return withReserve(place, () => openVerified(place, { access: 'shared', isFirst }))
  } catch (error) {
    if (!isDiskFull(error)) throw error
    return openVerified(place, { access: 'alone', isFirst })
  }
}

/**
 * Does something; on a full disk once more in the space of the reserve, if there is one.
 * @throws what the work throws
 */
export function withReserve<T>({ setup, notify }: LogPlace, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!isDiskFull(error) || !reserveOf(setup).release()) throw error
    notify(reserveGivenUp(setup))
    return work()
  }
}

/** Whether the disk has the space again that a file takes which other programs may read. */
export function hasRoomToShare(file: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(file))
  return bavail * bsize > SHARED_BYTES_MIN
}
