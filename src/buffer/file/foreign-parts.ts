/**
 * What lies beside the file of a log and does not belong to it: SQLite would write its pages into the file. That is a write-ahead log of
 * another log or of another state of this one, and any rollback journal, since a log has a write-ahead log in place of one.
 */
import { rmSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock } from '../../runtime/clock.ts'
import { syncFolderSync } from '../../runtime/files.ts'
import { isReadable, isThere, leadsTo } from '../../sqlite/parts.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import type { Notice } from '../messages.ts'
import { moveAside } from './aside.ts'
import { hasWriteAheadLog } from './whole-file.ts'
import { writeAheadOwner } from './write-ahead-owner.ts'

interface World {
  readonly notify: (notice: Omit<Notice, 'kind'>) => void
  readonly clock: Pick<Clock, 'now'>
}

const LATER = 'its write-ahead log is that of a later state of it, and what lies between the two is missing'
const OF_ANOTHER =
  'belonged to another file, or to an earlier state of this one. The gateway goes on with what the file alone holds; ' +
  'if it had a write-ahead log of its own, what that held is lost'
const NO_PART = 'is no part of a log, and would have been written over it'

/**
 * Lays aside what does not belong to the file, which then goes on as its last checkpoint left it. To be called before this process has
 * opened any part, because by the rules of POSIX closing one ends all locks that the process holds on it.
 * @throws Damage where a write-ahead log has events of this log that the file lacks
 */
export function layForeignAside(file: string, world: World): void {
  const real = leadsTo(file)
  if (isThere(`${real}-journal`) && isReadable(real) && hasWriteAheadLog(real))
    layAside(`${real}-journal`, NO_PART, world)
  const owner = ownerBeside(real)
  if (owner === 'own') return
  if (owner === 'later') throw new Damage(LATER)
  layAside(`${real}-wal`, OF_ANOTHER, world)
  // The index says where each page stands in what has just been moved.
  rmSync(`${real}-shm`, { force: true })
}

/** Whether a write-ahead log has events that the file beside it lacks, and changes before them are missing. */
export function isOfLaterState(file: string): boolean {
  return ownerBeside(leadsTo(file)) === 'later'
}

function ownerBeside(real: string): ReturnType<typeof writeAheadOwner> {
  if (!isReadable(real) || !isReadable(`${real}-wal`)) return 'own'
  return writeAheadOwner(real, `${real}-wal`)
}

function layAside(part: string, why: string, { notify, clock }: World): void {
  const aside = moveAside(part, clock.now().wallMs)
  syncFolderSync(dirname(part))
  notify({
    level: 'error',
    fields: { event: 'buffer-part-laid-aside', file: part, aside },
    message: `buffer: ${basename(part)} ${why}. It is now ${aside}`,
  })
}
